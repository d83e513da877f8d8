#include "models/fresh.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/generate.h"
#include "tensor/permutation.h"

namespace assay::models {
namespace {

using graph::Shape;
using tensor::DType;
using tensor::Tensor;

// Draws the sets of one workload and seed.
class Fresh {
 public:
  Fresh(const Workload& workload, uint64_t seed)
      : draws_(workload.draws),
        prefix_(fmt::format("fresh/{}/{}/{}/{}/", workload.model, workload.size, workload.name, seed)) {}

  Tensor all(const graph::Value& input, uint64_t first, int count) const {
    Shape shape = input.shape;
    shape.insert(shape.begin(), count);
    Tensor result(input.dtype, std::move(shape));
    const auto each = static_cast<size_t>(tensor::element_count(input.shape));
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      if (input.dtype == DType::f32)
        floats(input.name, first + i, result.mutable_data<float>().subspan(i * each, each));
      else
        integers(input.name, first + i, result.mutable_data<int64_t>().subspan(i * each, each));
    return result;
  }

 private:
  const Draw* draw_of(const std::string& name) const {
    const auto found = draws_.find(name);
    return found == draws_.end() ? nullptr : &found->second;
  }

  void floats(const std::string& name, uint64_t number, std::span<float> target) const {
    const Draw* draw = draw_of(name);
    if (draw == nullptr) return tensor::fill_noise(target, prefix_ + name, number);
    for (size_t i = 0; i < target.size(); ++i) {
      const auto drawn = [&](int64_t count) { return tensor::permuted(prefix_ + name, i, number, count); };
      if (const auto* powers = std::get_if<PowersOfTwo>(draw)) {
        target[i] = std::ldexp(1.0F, -static_cast<int>(drawn(powers->count)));
      } else {
        const auto& [unit, count] = std::get<Times>(*draw);
        target[i] = static_cast<float>(drawn(count) + 1) * unit;
      }
    }
  }

  void integers(const std::string& name, uint64_t number, std::span<int64_t> target) const {
    const Draw* draw = draw_of(name);
    ASSAY_CHECK(draw != nullptr, "nothing says how the integers of input {} are drawn", name);
    if (const auto* following = std::get_if<Following>(draw)) {
      std::vector<int64_t> ids(target.size() + 1);
      integers(following->ids, number, ids);
      std::ranges::copy(ids.begin() + 1, ids.end(), target.begin());
      return;
    }
    framed(name, std::get<Ids>(*draw), number, target);
  }

  void framed(const std::string& name, const Ids& ids, uint64_t number, std::span<int64_t> target) const {
    auto drawn = target.subspan(ids.first ? 1 : 0);
    drawn = drawn.first(drawn.size() - (ids.last ? 1 : 0));
    if (ids.first) target.front() = *ids.first;
    if (ids.last) target.back() = *ids.last;
    tensor::fill_indices(drawn, prefix_ + name, number, ids.limit - ids.least);
    // The first one walks, so that two sets of numbers near each other cannot be equal.
    drawn.front() = tensor::permuted(prefix_ + name, 0, number, ids.limit - ids.least);
    for (int64_t& id : drawn) id += ids.least;
  }

  const Draws& draws_;
  std::string prefix_;
};

// How many values an input can have, at most the largest int64.
int64_t possible_values(const graph::Value& input, const Draws& draws) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const auto draw = draws.find(input.name);
  if (draw == draws.end()) return kMost;
  const auto* ids = std::get_if<Ids>(&draw->second);
  if (ids == nullptr) return 1;  // follows from another input, or is no reason by itself
  const int64_t each = ids->limit - ids->least;
  int64_t product = 1;
  const int64_t drawn = tensor::element_count(input.shape) - (ids->first ? 1 : 0) - (ids->last ? 1 : 0);
  for (int64_t i = 0; i < drawn; ++i) product = product > kMost / each ? kMost : product * each;
  return product;
}

// a, then b along the last dimension, in which alone they may differ; the other dimensions are 1.
Tensor joined(const Tensor& a, const Tensor& b) {
  Shape shape = a.shape();
  ASSAY_CHECK(shape.size() == b.shape().size() && shape.back() == a.size() && b.shape().back() == b.size() &&
                  a.dtype() == b.dtype(),
              "{} and {} cannot be joined", tensor::to_string(shape), tensor::to_string(b.shape()));
  shape.back() += b.shape().back();
  Tensor result(a.dtype(), std::move(shape));
  const auto middle = std::ranges::copy(a.bytes(), result.mutable_bytes().begin()).out;
  std::ranges::copy(b.bytes(), middle);
  return result;
}

}  // namespace

TensorMap fresh_inputs(const Workload& workload, uint64_t seed, uint64_t first, int count) {
  ASSAY_CHECK(count > 0, "{} sets", count);
  const Fresh fresh(workload, seed);
  TensorMap result;
  for (const graph::ValueId id : workload.step.graph.with_role(graph::Role::input)) {
    const graph::Value& input = workload.step.graph.value(id);
    result.emplace(input.name, fresh.all(input, first, count));
  }
  return result;
}

int64_t possible_sets(const Workload& workload) {
  int64_t most = 1;
  for (const graph::ValueId id : workload.step.graph.with_role(graph::Role::input))
    most = std::max(most, possible_values(workload.step.graph.value(id), workload.draws));
  return most;
}

int64_t set_bytes(const Workload& workload) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : workload.step.inputs[0])
    bytes += static_cast<int64_t>(tensor.bytes().size());
  return bytes;
}

TensorMap truth_inputs(const Workload& workload, const TensorMap& step_inputs) {
  if (!workload.truth) return step_inputs;
  const TensorMap past = workload.state ? workload.state->inputs[0] : TensorMap();
  TensorMap result;
  for (const graph::ValueId id : workload.truth->graph.with_role(graph::Role::input)) {
    const std::string& name = workload.truth->graph.value(id).name;
    const auto before = past.find(name), added = step_inputs.find(name);
    ASSAY_CHECK(before != past.end() || added != step_inputs.end(), "the truth's input {} is unknown", name);
    if (before == past.end())
      result.emplace(name, added->second);
    else
      result.emplace(name,
                     added == step_inputs.end() ? before->second : joined(before->second, added->second));
  }
  return result;
}

}  // namespace assay::models
