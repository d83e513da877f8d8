#include "whole_request.h"

#include <algorithm>

namespace mlx_runner {

using assay::graph::Role;
using assay_runner::Load;
using assay_runner::PendingTensor;
using assay_runner::TensorMap;

namespace {

// The load of one part: its graph, and its states as zeros.
std::shared_ptr<const Load> part_of(const Load& load, const Graph& graph) {
  auto part = std::make_shared<Load>(load);
  part->graph = graph;
  part->state.clear();
  for (const ValueId id : graph.with_role(Role::state))
    part->state.emplace(graph.value(id).name, Tensor(DType::f32, graph.value(id).shape));
  return part;
}

// Columns `first` to `first + count` - 1 of ids [batch, all].
Tensor columns(const Tensor& ids, size_t first, size_t count) {
  const auto batch = static_cast<size_t>(ids.shape()[0]), all = static_cast<size_t>(ids.shape()[1]);
  Tensor result(DType::i64, {ids.shape()[0], static_cast<int64_t>(count)});
  for (size_t row = 0; row < batch; ++row)
    std::copy_n(ids.data<int64_t>().begin() + static_cast<ptrdiff_t>(row * all + first), count,
                result.mutable_data<int64_t>().begin() + static_cast<ptrdiff_t>(row * count));
  return result;
}

Tensor filled(int64_t rows, size_t value) {
  Tensor result(DType::i64, {rows, 1});
  std::ranges::fill(result.mutable_data<int64_t>(), static_cast<int64_t>(value));
  return result;
}

}  // namespace

WholeRequest::WholeRequest(const std::shared_ptr<const Load>& load)
    : load_(load),
      decode_(std::make_unique<Program>(part_of(*load, load->generation->decode))),
      prefill_(std::make_unique<Program>(part_of(*load, load->generation->prefill), decode_.get())) {}

void WholeRequest::parts(const TensorMap& inputs, const std::function<void()>& done) {
  const Tensor& ids = inputs.at("input_ids");
  const auto decodes = static_cast<size_t>(load_->generation->decodes);
  const size_t prompt = static_cast<size_t>(ids.shape()[1]) - decodes;
  logits_.clear();
  prefill_->step({{"input_ids", columns(ids, 0, prompt)}});
  const Graph& graph = load_->generation->prefill;
  for (size_t i = 1; i < graph.outputs().size(); ++i)
    decode_->put(graph.value(graph.outputs()[i]).name, prefill_->left()[i], 0);
  logits_.push_back(prefill_->left().front());
  done();
  for (size_t at = prompt; at < prompt + decodes; ++at) {
    const TensorMap given = {{"input_ids", columns(ids, at, 1)}, {"position", filled(ids.shape()[0], at)}};
    decode_->step(given);
    logits_.push_back(decode_->left().front());
    done();
  }
}

std::vector<PendingTensor> WholeRequest::outputs() const {
  const Value& value = load_->graph.value(load_->graph.outputs()[0]);
  return {as_pending(value.name, value, mx::concatenate(logits_, 1))};
}

}  // namespace mlx_runner
