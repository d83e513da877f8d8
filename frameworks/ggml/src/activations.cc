// Activations, by ggml's own where it has them in the form that is asked for; in training by functions with a
// backward.
#include <cmath>
#include <limits>
#include <numbers>

#include "broadcast.h"
#include "functions.h"
#include "numbers.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::Role;

float number(const Node& node, const char* attribute, float otherwise) {
  return static_cast<float>(node.real(attribute, otherwise));
}

// x where it is positive, else slope * x.
ggml_tensor* leaky(Emitter& emitter, ggml_tensor* x, float slope) {
  ggml_context* context = emitter.context();
  if (!emitter.gradients()) return ggml_leaky_relu(context, x, slope, false);
  ggml_tensor* negative = ggml_relu(context, ggml_neg(context, x));
  return ggml_sub(context, ggml_relu(context, x), ggml_scale(context, negative, slope));
}

// x where it lies between 0 and 1, and those beyond.
ggml_tensor* between_zero_and_one(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  if (!emitter.gradients()) return ggml_clamp(context, x, 0, 1);
  ggml_tensor* above = ggml_relu(context, ggml_scale_bias(context, x, 1, -1));
  return ggml_sub(context, ggml_relu(context, x), above);
}

ggml_tensor* celu(Emitter& emitter, const Node& node) {
  const float alpha = number(node, "alpha", 1);
  ggml_tensor* x = ggml_scale(emitter.context(), emitter.input(node, 0), 1 / alpha);
  return ggml_scale(emitter.context(), elu(emitter, x, 1), alpha);
}

ggml_tensor* emit_elu(Emitter& emitter, const Node& node) {
  return elu(emitter, emitter.input(node, 0), number(node, "alpha", 1));
}

ggml_tensor* selu(Emitter& emitter, const Node& node) {
  ggml_tensor* inner =
      elu(emitter, emitter.input(node, 0), number(node, "alpha", 1.67326319217681884765625F));
  return ggml_scale(emitter.context(), inner, number(node, "gamma", 1.05070102214813232421875F));
}

// x * (1 + tanh(y)) / 2 with y = sqrt(2 / pi) * (x + 0.044715 x^3) is silu(2y) / (2y / x). ggml's own gelu of
// this form is a table in half precision.
ggml_tensor* gelu_by_tanh(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  const auto twice = static_cast<float>(2 * std::sqrt(2 * std::numbers::inv_pi));
  ggml_tensor* factor = ggml_scale_bias(context, ggml_sqr(context, x), twice * 0.044715F, twice);
  return ggml_div(context, ggml_silu(context, ggml_mul(context, x, factor)), factor);
}

bool is_by_tanh(const Node& node) { return node.text("approximate", "none") == "tanh"; }

std::string refuse_gelu(const Graph&, const Node& node, bool gradients) {
  return gradients && !is_by_tanh(node) ? "ggml has no backward for it" : "";
}

ggml_tensor* gelu(Emitter& emitter, const Node& node) {
  ggml_tensor* x = emitter.input(node, 0);
  return is_by_tanh(node) ? gelu_by_tanh(emitter, x) : ggml_gelu_erf(emitter.context(), x);
}

bool is_ggmls(float alpha, float beta) { return std::abs(6 * alpha - 1) < 1e-6F && beta == 0.5F; }

ggml_tensor* hard_sigmoid_of(Emitter& emitter, ggml_tensor* x, float alpha, float beta) {
  if (!emitter.gradients() && is_ggmls(alpha, beta)) return ggml_hardsigmoid(emitter.context(), x);
  return between_zero_and_one(emitter, ggml_scale_bias(emitter.context(), x, alpha, beta));
}

ggml_tensor* hard_sigmoid(Emitter& emitter, const Node& node) {
  return hard_sigmoid_of(emitter, emitter.input(node, 0), number(node, "alpha", 0.2F),
                         number(node, "beta", 0.5F));
}

ggml_tensor* hard_swish(Emitter& emitter, const Node& node) {
  ggml_tensor* x = emitter.input(node, 0);
  if (!emitter.gradients()) return ggml_hardswish(emitter.context(), x);
  return ggml_mul(emitter.context(), x, hard_sigmoid_of(emitter, x, 1.0F / 6, 0.5F));
}

ggml_tensor* leaky_relu(Emitter& emitter, const Node& node) {
  return leaky(emitter, emitter.input(node, 0), number(node, "alpha", 0.01F));
}

ggml_tensor* mish(Emitter& emitter, const Node& node) {
  ggml_tensor* x = emitter.input(node, 0);
  return ggml_mul(emitter.context(), x, tanh(emitter, ggml_softplus(emitter.context(), x)));
}

ggml_tensor* p_relu(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const auto [x, slope] = operands(emitter, node, 0, 1);
  ggml_tensor* negative = ggml_mul(context, ggml_relu(context, ggml_neg(context, x)), slope);
  return emitter.reshaped(ggml_sub(context, ggml_relu(context, x), negative), output_shape(emitter, node));
}

// x - bias above the limit, x + bias below the negative limit, 0 between.
ggml_tensor* shrink(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const float bias = number(node, "bias", 0), limit = number(node, "lambd", 0.5F);
  ggml_tensor* x = emitter.input(node, 0);
  const auto side = [&](float sign) {
    ggml_tensor* beyond = ggml_step(context, ggml_scale_bias(context, x, sign, -limit));
    return ggml_mul(context, ggml_scale_bias(context, x, 1, -sign * bias), beyond);
  };
  return ggml_add(context, side(1), side(-1));
}

ggml_tensor* softplus(Emitter& emitter, const Node& node) {
  return ggml_softplus(emitter.context(), emitter.input(node, 0));
}

ggml_tensor* softsign(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  ggml_tensor* x = emitter.input(node, 0);
  return ggml_div(context, x, ggml_scale_bias(context, ggml_abs(context, x), 1, 1));
}

// x * sigmoid(alpha * x)
ggml_tensor* swish(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const float alpha = number(node, "alpha", 1);
  ggml_tensor* x = emitter.input(node, 0);
  if (alpha == 1) return ggml_silu(context, x);
  if (alpha == 0) return ggml_scale(context, x, 0.5F);
  return ggml_scale(context, ggml_silu(context, ggml_scale(context, x, alpha)), 1 / alpha);
}

ggml_tensor* thresholded_relu(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const float alpha = number(node, "alpha", 1);
  ggml_tensor* x = emitter.input(node, 0);
  ggml_tensor* above = ggml_step(context, ggml_scale_bias(context, x, 1, -alpha));
  return ggml_mul(context, alpha >= 0 ? ggml_relu(context, x) : x, above);
}

bool is_limit_known(const Graph& graph, const Node& node, size_t i) {
  return node.input(i) == kAbsent || graph.value(node.input(i)).role == Role::constant;
}

float limit(const Graph& graph, const Node& node, size_t i, float otherwise) {
  return node.input(i) == kAbsent ? otherwise : as_float32(graph.value(node.input(i)).data).data<float>()[0];
}

ggml_tensor* clamped(Emitter& emitter, const Node& node) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float high = limit(emitter.graph(), node, 2, kInfinity);
  const float low =
      std::min(limit(emitter.graph(), node, 1, -kInfinity), high);  // an upper limit below it wins
  return ggml_clamp(emitter.context(), emitter.input(node, 0), low, high);
}

// Limits that a step gives, or in training, where ggml's clamp has no backward.
ggml_tensor* clip(Emitter& emitter, const Node& node) {
  const Graph& graph = emitter.graph();
  if (!emitter.gradients() && is_limit_known(graph, node, 1) && is_limit_known(graph, node, 2))
    return clamped(emitter, node);
  ggml_tensor* x = emitter.input(node, 0);
  const auto& shape = output_shape(emitter, node);
  if (node.input(1) != kAbsent)
    x = emitter.reshaped(larger(emitter, {x, repeated(emitter, emitter.input(node, 1), x)}), shape);
  if (node.input(2) == kAbsent) return x;
  const auto negative = [&](ggml_tensor* y) { return ggml_neg(emitter.context(), y); };
  ggml_tensor* high = repeated(emitter, emitter.input(node, 2), x);
  return emitter.reshaped(negative(larger(emitter, {negative(x), negative(high)})), shape);
}

}  // namespace

std::vector<Operator> activation_operators() {
  return {
      {"Celu", nullptr, celu, kAnyRank},
      {"Clip", nullptr, clip, kIntegers | kAnyRank},
      {"Elu", nullptr, emit_elu, kAnyRank},
      {"Gelu", refuse_gelu, gelu, kAnyRank},
      {"HardSigmoid", nullptr, hard_sigmoid, kAnyRank},
      {"HardSwish", nullptr, hard_swish, kAnyRank},
      {"LeakyRelu", nullptr, leaky_relu, kAnyRank},
      {"Mish", nullptr, mish, kAnyRank},
      {"PRelu", refuse_broadcast, p_relu, kAnyRank},
      {"Selu", nullptr, selu, kAnyRank},
      {"Shrink", nullptr, shrink, kAnyRank},
      {"Softplus", nullptr, softplus, kAnyRank},
      {"Softsign", nullptr, softsign, kAnyRank},
      {"Swish", nullptr, swish, kAnyRank},
      {"ThresholdedRelu", nullptr, thresholded_relu, kAnyRank},
  };
}

}  // namespace ggml_runner
