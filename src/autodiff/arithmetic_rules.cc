// Gradients of element by element arithmetic. An operand that was broadcast gets the sum over what it was
// broadcast to.
#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

void give_summed(GradientContext& c, size_t i, ValueId gradient) {
  c.give(i, c.emit.sum_to(gradient, c.shape(i)));
}

void add(GradientContext& c) {
  for (const size_t i : {0, 1})
    if (c.wants(i)) give_summed(c, i, c.gradient());
}

void sub(GradientContext& c) {
  if (c.wants(0)) give_summed(c, 0, c.gradient());
  if (c.wants(1)) c.give(1, c.emit.neg(c.emit.sum_to(c.gradient(), c.shape(1))));
}

void mul(GradientContext& c) {
  for (const size_t i : {0, 1})
    if (c.wants(i)) give_summed(c, i, c.emit.mul(c.gradient(), c.input(1 - i)));
}

void div(GradientContext& c) {
  const ValueId quotient = c.emit.div(c.gradient(), c.input(1));
  if (c.wants(0)) give_summed(c, 0, quotient);
  if (c.wants(1)) c.give(1, c.emit.neg(c.emit.sum_to(c.emit.mul(quotient, c.output()), c.shape(1))));
}

// x^y. The gradient to a known exponent's base needs no logarithm, and that of a square no power.
void pow(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId x = c.input(0);
  const ValueId y = c.input(1);
  if (c.wants(0)) {
    const auto exponent = e.number(y);
    const ValueId factor = exponent == 2 ? e.scale(x, 2) : e.mul(e.op("Pow", {x, e.plus(y, -1)}), y);
    give_summed(c, 0, e.mul(c.gradient(), factor));
  }
  if (c.wants(1)) give_summed(c, 1, e.mul(c.gradient(), e.mul(c.output(), e.op("Log", {x}))));
}

void where(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId zero = e.scalar(0, e.dtype(c.output()));
  if (c.wants(1)) give_summed(c, 1, e.op("Where", {c.input(0), c.gradient(), zero}));
  if (c.wants(2)) give_summed(c, 2, e.op("Where", {c.input(0), zero, c.gradient()}));
}

// The largest (smallest) operand has the gradient; equal ones share it.
void extremum(GradientContext& c) {
  Emitter& e = c.emit;
  const DType type = e.dtype(c.output());
  ValueId ties = kAbsent;
  std::vector<ValueId> chosen;
  for (size_t i = 0; i < c.node.inputs.size(); ++i) {
    const ValueId equal = e.op("Equal", {c.input(i), c.output()});
    chosen.push_back(e.op("Where", {equal, e.scalar(1, type), e.scalar(0, type)}));
    ties = i == 0 ? chosen[0] : e.add(ties, chosen[i]);
  }
  const ValueId share = e.div(c.gradient(), ties);
  for (size_t i = 0; i < chosen.size(); ++i)
    if (c.wants(i)) give_summed(c, i, e.mul(share, chosen[i]));
}

void neg(GradientContext& c) { c.give(0, c.emit.neg(c.gradient())); }

void sqrt(GradientContext& c) { c.give(0, c.emit.op("Div", {c.emit.scale(c.gradient(), 0.5), c.output()})); }

void reciprocal(GradientContext& c) {
  c.give(0, c.emit.neg(c.emit.mul(c.gradient(), c.emit.square(c.output()))));
}

void exp(GradientContext& c) { c.give(0, c.emit.mul(c.gradient(), c.output())); }

void log(GradientContext& c) { c.give(0, c.emit.div(c.gradient(), c.input(0))); }

void abs(GradientContext& c) { c.give(0, c.emit.mul(c.gradient(), c.emit.op("Sign", {c.input(0)}))); }

void sum(GradientContext& c) {
  for (size_t i = 0; i < c.node.inputs.size(); ++i)
    if (c.wants(i)) give_summed(c, i, c.gradient());
}

void mean(GradientContext& c) {
  const ValueId share = c.emit.scale(c.gradient(), 1 / static_cast<double>(c.node.inputs.size()));
  for (size_t i = 0; i < c.node.inputs.size(); ++i)
    if (c.wants(i)) give_summed(c, i, share);
}

void mod(GradientContext& c) {
  if (c.wants(1)) return c.fail("the divisor cannot be trained");
  give_summed(c, 0, c.gradient());
}

constexpr Rule kArithmeticRules[] = {
    {"Add", add},     {"Sub", sub}, {"Mul", mul},      {"Div", div},      {"Pow", pow},
    {"Where", where}, {"Neg", neg}, {"Sqrt", sqrt},    {"Exp", exp},      {"Reciprocal", reciprocal},
    {"Log", log},     {"Abs", abs}, {"Max", extremum}, {"Min", extremum}, {"Sum", sum},
    {"Mean", mean},   {"Mod", mod},
};

}  // namespace

std::span<const Rule> arithmetic_rules() { return kArithmeticRules; }

}  // namespace assay::autodiff
