#include "whole_request.h"

#include "assay_runner/generation.h"

namespace mlx_runner {

using assay_runner::Load;
using assay_runner::PendingTensor;
using assay_runner::TensorMap;

WholeRequest::WholeRequest(const std::shared_ptr<const Load>& load)
    : load_(load),
      decode_(std::make_unique<Program>(assay_runner::part_of(*load, load->generation->decode))),
      prefill_(std::make_unique<Program>(assay_runner::part_of(*load, load->generation->prefill),
                                         decode_.get())) {}

void WholeRequest::parts(const TensorMap& inputs, const std::function<void()>& done) {
  const auto& generation = *load_->generation;
  const int64_t prompt = assay_runner::prompt_length(generation);
  logits_.clear();
  const TensorMap first = assay_runner::prefill_inputs(generation, inputs);
  prefill_->step(first);
  decode_->begin_caches(*prefill_);
  logits_.push_back(prefill_->left().front());
  done();
  for (int64_t at = prompt; at < prompt + generation.decodes; ++at) {
    const TensorMap next = assay_runner::decode_inputs(inputs, at);
    decode_->step(next);
    logits_.push_back(decode_->left().front());
    done();
  }
}

std::vector<PendingTensor> WholeRequest::outputs() const {
  const Value& value = load_->graph.value(load_->graph.outputs()[0]);
  return {as_pending(value.name, value, mx::concatenate(logits_, 1))};
}

}  // namespace mlx_runner
