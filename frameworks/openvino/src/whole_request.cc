#include "whole_request.h"

#include "assay_runner/generation.h"

namespace openvino_runner {

using assay_runner::Answer;
using assay_runner::Load;
using assay_runner::PendingTensor;
using assay_runner::TensorMap;

Answer<std::unique_ptr<WholeRequest>> WholeRequest::build(const std::shared_ptr<const Load>& load) {
  std::unique_ptr<WholeRequest> request(new WholeRequest(load));
  request->prefill_load_ = assay_runner::part_of(*load, load->generation->prefill);
  request->decode_load_ = assay_runner::part_of(*load, load->generation->decode);
  auto prefill = Program::build(request->prefill_load_);
  if (!prefill) return std::unexpected(std::move(prefill.error()));
  auto decode = Program::build(request->decode_load_);
  if (!decode) return std::unexpected(std::move(decode.error()));
  request->prefill_ = std::move(*prefill);
  request->decode_ = std::move(*decode);
  const Value& logits = load->graph.value(load->graph.outputs()[0]);
  request->logits_ = Tensor(logits.dtype, logits.shape);
  return request;
}

void WholeRequest::parts(const TensorMap& inputs, const std::function<void()>& done) {
  const auto& generation = *load_->generation;
  const int64_t prompt = assay_runner::prompt_length(generation);
  const TensorMap first = assay_runner::prefill_inputs(generation, inputs);
  prefill_->step(first);
  keep(*prefill_, 0, 0);
  done();
  for (int64_t i = 0; i < generation.decodes; ++i) {
    const TensorMap next = assay_runner::decode_inputs(inputs, prompt + i);
    decode_->step(next);
    keep(*decode_, prompt + i, 1 + i);
    done();
  }
}

// The logits of part `index`, and its keys and values from place `first` on.
void WholeRequest::keep(Program& part, int64_t first, int64_t index) {
  for (const PendingTensor& output : part.outputs()) {
    const Tensor tensor = output.produce().value();
    if (output.name == "logits")
      assay_runner::put_logits(tensor, logits_, index);
    else
      assay_runner::put_rows(tensor, decode_load_->state.at(assay_runner::state_of(output.name)), first);
  }
}

std::vector<PendingTensor> WholeRequest::outputs() const {
  const Value& value = load_->graph.value(load_->graph.outputs()[0]);
  return {{value.name, value.dtype, value.shape, [this] { return assay::Result<Tensor>(logits_); }}};
}

}  // namespace openvino_runner
