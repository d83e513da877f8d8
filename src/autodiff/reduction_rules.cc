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

// The gradient and the output as they meet the operand.
ValueId kept(const GradientContext& c, ValueId value) { return c.emit.reshape(value, kept_shape(c)); }

void reduce_l1(GradientContext& c) {
  c.give(0, c.emit.mul(c.emit.op("Sign", {c.input(0)}), kept(c, c.gradient())));
}

void reduce_sum_square(GradientContext& c) {
  c.give(0, c.emit.mul(c.input(0), c.emit.scale(kept(c, c.gradient()), 2)));
}

void reduce_l2(GradientContext& c) {
  c.give(0, c.emit.mul(c.input(0), kept(c, c.emit.div(c.gradient(), c.output()))));
}

void reduce_log_sum(GradientContext& c) {
  c.give(0, spread(c, c.emit.div(c.gradient(), c.emit.op("Exp", {c.output()}))));
}

void reduce_log_sum_exp(GradientContext& c) {
  const ValueId share = c.emit.op("Exp", {c.emit.sub(c.input(0), kept(c, c.output()))});
  c.give(0, c.emit.mul(share, kept(c, c.gradient())));
}

// What was summed up to an element goes back to all of those.
void cum_sum(GradientContext& c) {
  const int64_t reverse = c.node.integer("reverse", 0) == 0 ? 1 : 0;
  c.give(0, c.emit.op("CumSum", {c.gradient(), c.input(1)},
                      {{"reverse", reverse}, {"exclusive", c.node.integer("exclusive", 0)}}));
}

// The elements that were taken have the gradient.
void top_k(GradientContext& c) {
  Emitter& e = c.emit;
  const auto axis = static_cast<int64_t>(c.axis(c.node.integer("axis", -1)));
  const ValueId zeros = e.zeros(c.shape(0), e.dtype(c.output()));
  c.give(0, e.op("ScatterElements", {zeros, c.output(1), c.gradient()}, {{"axis", axis}}));
}

constexpr Rule kReductionRules[] = {{"ReduceL1", reduce_l1},
                                    {"ReduceL2", reduce_l2},
                                    {"ReduceSumSquare", reduce_sum_square},
                                    {"ReduceLogSum", reduce_log_sum},
                                    {"ReduceLogSumExp", reduce_log_sum_exp},
                                    {"CumSum", cum_sum},
                                    {.op = "TopK", .gradient = top_k, .outputs = 2},
                                    {"ReduceSum", reduce_sum},
                                    {"ReduceMean", reduce_mean},
                                    {"ReduceMax", reduce_extremum},
                                    {"ReduceMin", reduce_extremum}};

}  // namespace

std::span<const Rule> reduction_rules() { return kReductionRules; }

}  // namespace assay::autodiff
