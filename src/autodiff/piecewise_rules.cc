// Gradients of functions that are given piece by piece. Where two pieces meet, the one that its condition
// does not name counts.
#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

ValueId number_like(GradientContext& c, double value) {
  return c.emit.scalar(value, c.emit.dtype(c.output()));
}

ValueId less(GradientContext& c, ValueId a, double limit) {
  return c.emit.op("Less", {a, number_like(c, limit)});
}
ValueId greater(GradientContext& c, ValueId a, double limit) {
  return c.emit.op("Greater", {a, number_like(c, limit)});
}
ValueId choose(GradientContext& c, ValueId condition, ValueId yes, ValueId no) {
  return c.emit.op("Where", {condition, yes, no});
}

// The gradient where the condition holds, else nothing.
void give_where(GradientContext& c, ValueId condition, ValueId gradient) {
  c.give(0, choose(c, condition, gradient, number_like(c, 0)));
}

// Below zero y = scale * alpha (exp(x / width) - 1), whose slope is (y + scale * alpha) / width.
void exponential_below(GradientContext& c, double scaled_alpha, double width, double scale) {
  Emitter& e = c.emit;
  const ValueId below = e.scale(e.plus(c.output(), scaled_alpha), 1 / width);
  c.give(0, e.mul(c.gradient(), choose(c, less(c, c.input(0), 0), below, number_like(c, scale))));
}

void elu(GradientContext& c) { exponential_below(c, c.node.real("alpha", 1), 1, 1); }

void celu(GradientContext& c) {
  const double alpha = c.node.real("alpha", 1);
  exponential_below(c, alpha, alpha, 1);
}

void selu(GradientContext& c) {
  const double gamma = c.node.real("gamma", 1.05070102214813232421875);
  exponential_below(c, gamma * c.node.real("alpha", 1.67326319217681884765625), 1, gamma);
}

void leaky_relu(GradientContext& c) {
  const ValueId g = c.gradient();
  const double alpha = c.node.real("alpha", 0.01F);
  c.give(0, choose(c, less(c, c.input(0), 0), c.emit.scale(g, alpha), g));
}

void prelu(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId g = c.gradient();
  const ValueId below = less(c, c.input(0), 0);
  if (c.wants(0)) c.give(0, choose(c, below, e.mul(g, c.input(1)), g));
  if (!c.wants(1)) return;
  const ValueId products = choose(c, below, e.mul(g, c.input(0)), number_like(c, 0));
  c.give(1, e.sum_to(products, c.shape(1)));
}

void clip(GradientContext& c) {
  Emitter& e = c.emit;
  if (c.wants(1) || c.wants(2)) return c.fail("the limits cannot be trained");
  ValueId g = c.gradient();
  const auto beyond = [&](const char* comparison, size_t limit) {
    if (c.input(limit) == kAbsent) return;
    const ValueId outside = e.op(comparison, {c.input(0), e.reshape(c.input(limit), {})});
    g = choose(c, outside, number_like(c, 0), g);
  };
  beyond("Less", 1);
  beyond("Greater", 2);
  c.give(0, g);
}

void hard_sigmoid(GradientContext& c) {
  const ValueId inside = c.emit.op("And", {greater(c, c.output(), 0), less(c, c.output(), 1)});
  give_where(c, inside, c.emit.scale(c.gradient(), c.node.real("alpha", 0.2F)));
}

// y = x (x + 3) / 6 between -3 and 3.
void hard_swish(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId x = c.input(0);
  const ValueId between = e.plus(e.scale(x, 1.0 / 3), 0.5);
  const ValueId upper = choose(c, greater(c, x, 3), number_like(c, 1), between);
  c.give(0, e.mul(c.gradient(), choose(c, less(c, x, -3), number_like(c, 0), upper)));
}

void thresholded_relu(GradientContext& c) {
  give_where(c, greater(c, c.input(0), c.node.real("alpha", 1)), c.gradient());
}

void shrink(GradientContext& c) {
  const ValueId size = c.emit.op("Abs", {c.input(0)});
  give_where(c, greater(c, size, c.node.real("lambd", 0.5)), c.gradient());
}

constexpr Rule kPiecewiseRules[] = {
    {"Celu", celu},
    {"Clip", clip},
    {"Elu", elu},
    {"HardSigmoid", hard_sigmoid},
    {"HardSwish", hard_swish},
    {"LeakyRelu", leaky_relu},
    {"PRelu", prelu},
    {"Selu", selu},
    {"Shrink", shrink},
    {"ThresholdedRelu", thresholded_relu},
};

}  // namespace

std::span<const Rule> piecewise_rules() { return kPiecewiseRules; }

}  // namespace assay::autodiff
