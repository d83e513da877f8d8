#include "assay_runner/generation.h"

#include <algorithm>

namespace assay_runner {
namespace {

using assay::graph::Role;
using assay::tensor::DType;

// Columns `first` to `first + count` - 1 of ids [batch, all].
Tensor columns(const Tensor& ids, int64_t first, int64_t count) {
  const int64_t batch = ids.shape()[0], all = ids.shape()[1];
  Tensor result(DType::i64, {batch, count});
  for (int64_t row = 0; row < batch; ++row)
    std::copy_n(ids.data<int64_t>().begin() + row * all + first, count,
                result.mutable_data<int64_t>().begin() + row * count);
  return result;
}

}  // namespace

std::shared_ptr<Load> part_of(const Load& load, const Graph& graph) {
  auto part = std::make_shared<Load>(load);
  part->graph = graph;
  part->state.clear();
  for (const auto id : graph.with_role(Role::state))
    part->state.emplace(graph.value(id).name, Tensor(DType::f32, graph.value(id).shape));
  return part;
}

int64_t prompt_length(const Generation& generation) {
  return generation.prefill.value(generation.prefill.with_role(Role::input)[0]).shape[1];
}

TensorMap prefill_inputs(const Generation& generation, const TensorMap& inputs) {
  return {{"input_ids", columns(inputs.at("input_ids"), 0, prompt_length(generation))}};
}

TensorMap decode_inputs(const TensorMap& inputs, int64_t at) {
  const Tensor& ids = inputs.at("input_ids");
  Tensor position(DType::i64, {ids.shape()[0], 1});
  std::ranges::fill(position.mutable_data<int64_t>(), at);
  return {{"input_ids", columns(ids, at, 1)}, {"position", std::move(position)}};
}

std::string state_of(const std::string& output) {
  const size_t dot = output.rfind('.');
  return output.substr(0, dot + 1) + "past_" + output.substr(dot + 1);
}

void put_rows(const Tensor& rows, Tensor& state, int64_t first) {
  const int64_t batch = state.shape()[0], heads = state.shape()[1], places = state.shape()[2],
                size = state.shape()[3], count = rows.shape()[1];
  const auto from = rows.data<float>();
  const auto to = state.mutable_data<float>();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < count && first + i < places; ++i)
      for (int64_t head = 0; head < heads; ++head)
        std::copy_n(from.begin() + ((b * count + i) * heads + head) * size, size,
                    to.begin() + ((b * heads + head) * places + first + i) * size);
}

void put_logits(const Tensor& part, Tensor& all, int64_t index) {
  const int64_t batch = all.shape()[0], parts = all.shape()[1], vocabulary = all.shape()[2];
  for (int64_t b = 0; b < batch; ++b)
    std::copy_n(part.data<float>().begin() + b * vocabulary, vocabulary,
                all.mutable_data<float>().begin() + (b * parts + index) * vocabulary);
}

}  // namespace assay_runner
