// Gradients of look-ups: what was read is added to where it was read from.
#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

ValueId as_i64(Emitter& e, ValueId indices) {
  return e.dtype(indices) == DType::i64 ? indices : e.op("Cast", {indices}, {{"to", int64_t{7}}});
}

// Dimensions first, first + 1, ... `count` of them, moved to the front of `rank`.
std::vector<int64_t> to_front(size_t rank, size_t first, size_t count) {
  std::vector<int64_t> permutation;
  for (size_t i = 0; i < count; ++i) permutation.push_back(static_cast<int64_t>(first + i));
  for (size_t i = 0; i < rank; ++i)
    if (i < first || i >= first + count) permutation.push_back(static_cast<int64_t>(i));
  return permutation;
}

std::vector<int64_t> inverse(const std::vector<int64_t>& permutation) {
  std::vector<int64_t> result(permutation.size());
  for (size_t i = 0; i < result.size(); ++i)
    result[static_cast<size_t>(permutation[i])] = static_cast<int64_t>(i);
  return result;
}

void gather(GradientContext& c) {
  Emitter& e = c.emit;
  const size_t axis = c.axis(c.node.integer("axis", 0));
  const Shape data = c.shape(0);
  const Shape indices = c.shape(1);
  Shape column = indices;
  column.push_back(1);
  const ValueId where = e.reshape(as_i64(e, c.input(1)), column);
  if (axis == 0) return c.give_rows(0, where, c.gradient());
  const auto data_order = to_front(data.size(), axis, 1);
  const size_t rank = data.size() - 1 + indices.size();
  const ValueId rows = e.transpose(c.gradient(), to_front(rank, axis, indices.size()));
  Shape front;
  for (const int64_t i : data_order) front.push_back(data[static_cast<size_t>(i)]);
  const ValueId sum =
      e.op("ScatterND", {e.zeros(front, e.dtype(rows)), where, rows}, {{"reduction", std::string("add")}});
  c.give(0, e.transpose(sum, inverse(data_order)));
}

void gather_elements(GradientContext& c) {
  Emitter& e = c.emit;
  const auto axis = static_cast<int64_t>(c.axis(c.node.integer("axis", 0)));
  c.give(0, e.op("ScatterElements", {e.zeros(c.shape(0), e.dtype(c.output())), c.input(1), c.gradient()},
                 {{"axis", axis}, {"reduction", std::string("add")}}));
}

void gather_nd(GradientContext& c) {
  if (c.node.integer("batch_dims", 0) != 0) return c.fail("batch_dims is not supported");
  c.give_rows(0, as_i64(c.emit, c.input(1)), c.gradient());
}

constexpr Rule kIndexingRules[] = {
    {"Gather", gather}, {"GatherElements", gather_elements}, {"GatherND", gather_nd}};

}  // namespace

std::span<const Rule> indexing_rules() { return kIndexingRules; }

}  // namespace assay::autodiff
