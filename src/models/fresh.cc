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
    const size_t size = tensor::dtype_size(input.dtype);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      one(input, first + i, result.mutable_bytes().subspan(i * each * size, each * size), result, i * each,
          each);
    return result;
  }

 private:
  // Set `number`: `each` elements of `stacked` from `begin` on, which are `bytes`.
  void one(const graph::Value& input, uint64_t number, std::span<std::byte> bytes, Tensor& stacked,
           size_t begin, size_t each) const {
    const Draw* draw = draw_of(input.name);
    if (const auto* given = draw == nullptr ? nullptr : std::get_if<Given>(draw))
      return moved_on(input.name, given->tensor, number, bytes);
    if (input.dtype == DType::f32)
      return floats(input.name, number, stacked.mutable_data<float>().subspan(begin, each));
    if (input.dtype == DType::i64)
      return integers(input, number, stacked.mutable_data<int64_t>().subspan(begin, each));
    std::vector<int64_t> drawn(each);
    integers(input, number, drawn);
    for (size_t i = 0; i < each; ++i)
      if (input.dtype == DType::i32)
        stacked.mutable_data<int32_t>()[begin + i] = static_cast<int32_t>(drawn[i]);
      else
        stacked.mutable_data<bool>()[begin + i] = drawn[i] != 0;
  }

  // The first set is moved by nothing; by how much the others are, a permutation says.
  void moved_on(const std::string& name, const Tensor& tensor, uint64_t number,
                std::span<std::byte> bytes) const {
    const auto source = tensor.bytes();
    const auto count = static_cast<int64_t>(std::max<int64_t>(tensor.size(), 1));
    const auto places = [&](uint64_t n) { return tensor::permuted(prefix_ + name, 0, n, count); };
    const int64_t by = (places(number) - places(0) + count) % count;
    const auto cut = source.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(by) *
                                                             (source.size() / static_cast<size_t>(count)));
    std::rotate_copy(source.begin(), cut, source.end(), bytes.begin());
  }

  const Draw* draw_of(const std::string& name) const {
    const auto found = draws_.find(name);
    return found == draws_.end() ? nullptr : &found->second;
  }

  void floats(const std::string& name, uint64_t number, std::span<float> target) const {
    const Draw* draw = draw_of(name);
    if (draw == nullptr) return tensor::fill_noise(target, prefix_ + name, number);
    for (size_t i = 0; i < target.size(); ++i) {
      const auto place = [&](int64_t count) { return tensor::permuted(prefix_ + name, i, number, count); };
      if (const auto* powers = std::get_if<PowersOfTwo>(draw)) {
        target[i] = std::ldexp(1.0F, -static_cast<int>(place(powers->count)));
      } else if (const auto* constant = std::get_if<Constant>(draw)) {
        target[i] = static_cast<float>(constant->value);
      } else {
        const auto& [unit, count] = std::get<Times>(*draw);
        target[i] = static_cast<float>(place(count) + 1) * unit;
      }
    }
  }

  void integers(const graph::Value& input, uint64_t number, std::span<int64_t> target) const {
    const Draw* draw = draw_of(input.name);
    ASSAY_CHECK(draw != nullptr, "nothing says how the integers of input {} are drawn", input.name);
    if (const auto* following = std::get_if<Following>(draw)) {
      const Draw* ids = draw_of(following->ids);
      ASSAY_CHECK(ids != nullptr, "nothing says how {} is drawn", following->ids);
      std::vector<int64_t> before(target.size() + 1);
      drawn(following->ids, std::get<Ids>(*ids), number, before);
      std::ranges::copy(before.begin() + 1, before.end(), target.begin());
      return;
    }
    if (const auto* constant = std::get_if<Constant>(draw))
      return static_cast<void>(std::ranges::fill(target, static_cast<int64_t>(constant->value)));
    const auto& ids = std::get<Ids>(*draw);
    drawn(input.name, ids, number, target);
    const auto length = input.shape.empty() ? size_t{1} : static_cast<size_t>(input.shape.back());
    for (size_t row = 0; row < target.size(); row += length) frame(ids, target.subspan(row, length));
  }

  void drawn(const std::string& name, const Ids& ids, uint64_t number, std::span<int64_t> target) const {
    const auto inner = target.subspan(ids.first ? 1 : 0);
    tensor::fill_indices(inner, prefix_ + name, number, ids.limit - ids.least);
    // The first one walks, so that two sets of numbers near each other cannot be equal.
    inner.front() = tensor::permuted(prefix_ + name, 0, number, ids.limit - ids.least);
    for (int64_t& id : inner) id += ids.least;
  }

  static void frame(const Ids& ids, std::span<int64_t> row) {
    row.front() = ids.first.value_or(row.front());
    row.back() = ids.last.value_or(row.back());
  }

  const Draws& draws_;
  std::string prefix_;
};

// How many values an input can have, at most the largest int64.
int64_t possible_values(const graph::Value& input, const Draws& draws) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const auto draw = draws.find(input.name);
  if (draw == draws.end()) return kMost;
  if (const auto* given = std::get_if<Given>(&draw->second))
    return std::max<int64_t>(given->tensor.size(), 1);
  const auto* ids = std::get_if<Ids>(&draw->second);
  if (ids == nullptr) return 1;  // follows from another input, or is no reason by itself
  const int64_t each = ids->limit - ids->least;
  int64_t product = 1;
  const int64_t rows = input.shape.size() < 2 ? 1 : input.shape.front();
  const int64_t drawn =
      tensor::element_count(input.shape) - rows * ((ids->first ? 1 : 0) + (ids->last ? 1 : 0));
  for (int64_t i = 0; i < drawn && product < kMost; ++i)
    product = product > kMost / each ? kMost : product * each;
  return product;
}

// a, then b along the last dimension, in which alone they may differ.
Tensor joined(const Tensor& a, const Tensor& b) {
  Shape shape = a.shape(), other = b.shape();
  ASSAY_CHECK(!shape.empty() && shape.size() == other.size() && a.dtype() == b.dtype() &&
                  std::equal(shape.begin(), shape.end() - 1, other.begin()),
              "{} and {} cannot be joined", tensor::to_string(shape), tensor::to_string(other));
  const size_t width = tensor::dtype_size(a.dtype());
  const size_t ours = static_cast<size_t>(shape.back()) * width,
               theirs = static_cast<size_t>(other.back()) * width;
  shape.back() += other.back();
  Tensor result(a.dtype(), std::move(shape));
  auto target = result.mutable_bytes().begin();
  for (size_t row = 0; row * ours < a.bytes().size(); ++row) {
    target = std::ranges::copy(a.bytes().subspan(row * ours, ours), target).out;
    target = std::ranges::copy(b.bytes().subspan(row * theirs, theirs), target).out;
  }
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
