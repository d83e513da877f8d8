// Gradients of activations, from the output where that saves an evaluation.
#include <cmath>
#include <numbers>

#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

ValueId one_minus(Emitter& e, ValueId a) { return e.sub(e.scalar(1, e.dtype(a)), a); }

void relu(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId zero = e.scalar(0, e.dtype(c.output()));
  c.give(0, e.op("Where", {e.op("Greater", {c.output(), zero}), c.gradient(), zero}));
}

// y (1 - y) g
void sigmoid(GradientContext& c) {
  Emitter& e = c.emit;
  c.give(0, e.mul(c.gradient(), e.mul(c.output(), one_minus(e, c.output()))));
}

void tanh(GradientContext& c) {
  Emitter& e = c.emit;
  c.give(0, e.mul(c.gradient(), one_minus(e, e.square(c.output()))));
}

// 2 / sqrt(pi) exp(-x^2) g
void erf(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId bell = e.op("Exp", {e.neg(e.square(c.input(0)))});
  c.give(0, e.mul(c.gradient(), e.scale(bell, 2 * std::numbers::inv_sqrtpi)));
}

ValueId swish_gate(GradientContext& c) {
  return c.emit.op("Sigmoid", {c.emit.scale(c.input(0), c.node.real("alpha", 1))});
}

// Written out, so that forward and gradient share the sigmoid.
std::vector<ValueId> swish_forward(GradientContext& c) { return {c.emit.mul(c.input(0), swish_gate(c))}; }

// y = x s, s = sigmoid(a x):  y' = s + a y (1 - s)
void swish(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId s = swish_gate(c);
  const ValueId slope = e.mul(e.scale(c.output(), c.node.real("alpha", 1)), one_minus(e, s));
  c.give(0, e.mul(c.gradient(), e.add(s, slope)));
}

// Phi(x) and its derivative; y' = Phi + x Phi'.
void gelu_exact(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId x = c.input(0);
  const ValueId erf_x = e.op("Erf", {e.scale(x, 1 / std::numbers::sqrt2)});
  const ValueId phi = e.plus(e.scale(erf_x, 0.5), 0.5);
  const ValueId bell = e.op("Exp", {e.scale(e.square(x), -0.5)});
  const ValueId slope = e.mul(e.scale(x, std::numbers::inv_sqrtpi / std::numbers::sqrt2), bell);
  c.give(0, e.mul(c.gradient(), e.add(phi, slope)));
}

// y = x/2 (1 + t), t = tanh(u), u = k (x + 0.044715 x^3):  y' = (1 + t)/2 + x/2 (1 - t^2) u'
void gelu_tanh(GradientContext& c) {
  Emitter& e = c.emit;
  const double k = std::sqrt(2 / std::numbers::pi);
  const ValueId x = c.input(0);
  const ValueId x2 = e.square(x);
  const ValueId t = e.op("Tanh", {e.mul(x, e.plus(e.scale(x2, 0.044715 * k), k))});
  const ValueId du = e.plus(e.scale(x2, 3 * 0.044715 * k), k);
  const ValueId slope = e.mul(e.mul(e.scale(x, 0.5), one_minus(e, e.square(t))), du);
  c.give(0, e.mul(c.gradient(), e.add(e.plus(e.scale(t, 0.5), 0.5), slope)));
}

void gelu(GradientContext& c) { c.node.text("approximate", "none") == "tanh" ? gelu_tanh(c) : gelu_exact(c); }

void softplus(GradientContext& c) { c.give(0, c.emit.mul(c.gradient(), c.emit.op("Sigmoid", {c.input(0)}))); }

// y' = 1 / (1 + |x|)^2
void softsign(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId below = e.plus(e.op("Abs", {c.input(0)}), 1);
  c.give(0, e.div(c.gradient(), e.square(below)));
}

// y = x t, t = tanh(softplus(x)):  y' = t + x (1 - t^2) sigmoid(x)
void mish(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId x = c.input(0);
  const ValueId t = e.op("Tanh", {e.op("Softplus", {x})});
  const ValueId slope = e.mul(e.mul(x, e.op("Sigmoid", {x})), one_minus(e, e.square(t)));
  c.give(0, e.mul(c.gradient(), e.add(t, slope)));
}

constexpr Rule kActivationRules[] = {
    {"Softplus", softplus},
    {"Softsign", softsign},
    {"Mish", mish},
    {"Relu", relu},
    {"Sigmoid", sigmoid},
    {"Tanh", tanh},
    {"Erf", erf},
    {"Gelu", gelu},
    {.op = "Swish", .gradient = swish, .forward = swish_forward},
};

}  // namespace

std::span<const Rule> activation_rules() { return kActivationRules; }

}  // namespace assay::autodiff
