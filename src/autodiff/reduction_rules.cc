// Gradients of reductions: the gradient spread over what was reduced.
#include <algorithm>

#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

// The shape of the result with reduced dimensions kept as 1; none when nothing is reduced.
Shape kept_shape(const GradientContext& c) {
  Shape shape = c.shape(0);
  const std::vector<int64_t> axes = c.integers(1);
  if (axes.empty() && c.node.integer("noop_with_empty_axes", 0) != 0) return shape;
  if (axes.empty()) return Shape(shape.size(), 1);
  for (const int64_t axis : axes) shape[c.axis(axis)] = 1;
  return shape;
}

ValueId spread(GradientContext& c, ValueId value) {
  return c.emit.expand(c.emit.reshape(value, kept_shape(c)), c.shape(0));
}

void reduce_sum(GradientContext& c) { c.give(0, spread(c, c.gradient())); }

void reduce_mean(GradientContext& c) {
  const int64_t count =
      tensor::element_count(c.shape(0)) / std::max<int64_t>(1, tensor::element_count(kept_shape(c)));
  c.give(0, spread(c, c.emit.scale(c.gradient(), 1 / static_cast<double>(count))));
}

// The largest (smallest) element has the gradient; equal ones share it.
void reduce_extremum(GradientContext& c) {
  Emitter& e = c.emit;
  const DType type = e.dtype(c.output());
  const ValueId equal = e.op("Equal", {c.input(0), e.reshape(c.output(), kept_shape(c))});
  const ValueId chosen = e.op("Where", {equal, e.scalar(1, type), e.scalar(0, type)});
  const ValueId share = e.div(e.reshape(c.gradient(), kept_shape(c)), e.sum_to(chosen, kept_shape(c)));
  c.give(0, e.mul(chosen, share));
}

constexpr Rule kReductionRules[] = {{"ReduceSum", reduce_sum},
                                    {"ReduceMean", reduce_mean},
                                    {"ReduceMax", reduce_extremum},
                                    {"ReduceMin", reduce_extremum}};

}  // namespace

std::span<const Rule> reduction_rules() { return kReductionRules; }

}  // namespace assay::autodiff
