#include "whole_request.h"

#include "assay_runner/generation.h"

namespace ggml_runner {

using assay::tensor::DType;
using assay_runner::Answer;
using assay_runner::Load;
using assay_runner::PendingTensor;
using assay_runner::TensorMap;

Answer<std::unique_ptr<WholeRequest>> WholeRequest::build(std::shared_ptr<const Load> load) {
  std::unique_ptr<WholeRequest> request(new WholeRequest(std::move(load)));
  const auto& generation = *request->load_->generation;
  auto decode = Program::build(assay_runner::part_of(*request->load_, generation.decode));
  if (!decode) return std::unexpected(std::move(decode.error()));
  request->decode_ = std::move(*decode);
  auto prefill =
      Program::build(assay_runner::part_of(*request->load_, generation.prefill), request->decode_.get());
  if (!prefill) return std::unexpected(std::move(prefill.error()));
  request->prefill_ = std::move(*prefill);
  request->logits_ =
      Tensor(DType::f32, request->load_->graph.value(request->load_->graph.outputs()[0]).shape);
  return request;
}

// The logits lie where the next token's come to, so they are taken at once, as by whoever samples from them.
Answer<> WholeRequest::part(Program& program, const TensorMap& inputs, int64_t index) {
  if (auto done = program.step(inputs); !done) return done;
  auto logits = program.outputs().front().produce();
  if (!logits) return assay_runner::failed("{}", logits.error().message);
  assay_runner::put_logits(*logits, logits_, index);
  return {};
}

Answer<> WholeRequest::parts(const TensorMap& inputs, const std::function<void()>& done) {
  const auto& generation = *load_->generation;
  const int64_t prompt = assay_runner::prompt_length(generation);
  if (auto read = part(*prefill_, assay_runner::prefill_inputs(generation, inputs), 0); !read) return read;
  done();
  for (int64_t i = 0; i < generation.decodes; ++i) {
    if (auto told = part(*decode_, assay_runner::decode_inputs(inputs, prompt + i), i + 1); !told)
      return told;
    done();
  }
  return {};
}

std::vector<PendingTensor> WholeRequest::outputs() const {
  const Value& value = load_->graph.value(load_->graph.outputs()[0]);
  return {{value.name, value.dtype, value.shape, [this]() -> assay::Result<Tensor> { return logits_; }}};
}

}  // namespace ggml_runner
