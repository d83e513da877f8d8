// Functions of one operand that ggml has not, or not with a backward, by those that it has: hyperbolic ones,
// powers, sigmoid and tanh in training.
#include "functions.h"

#include <cmath>

#include "broadcast.h"
#include "numbers.h"
#include "operators.h"

namespace ggml_runner {

using assay::graph::Role;

// 1 / (1 + exp(-x)) as the exponential of -softplus(-x), of which ggml knows the gradients.
ggml_tensor* sigmoid(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  if (!emitter.gradients()) return ggml_sigmoid(context, x);
  return ggml_exp(context, ggml_neg(context, ggml_softplus(context, ggml_neg(context, x))));
}

ggml_tensor* tanh(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  if (!emitter.gradients()) return ggml_tanh(context, x);
  return ggml_scale_bias(context, sigmoid(emitter, ggml_scale(context, x, 2)), 2, -1);
}

ggml_tensor* elu(Emitter& emitter, ggml_tensor* x, float alpha) {
  ggml_context* context = emitter.context();
  if (alpha == 1 && !emitter.gradients()) return ggml_elu(context, x);
  ggml_tensor* negative = ggml_neg(context, ggml_relu(context, ggml_neg(context, x)));
  negative = emitter.gradients() ? ggml_expm1(context, negative) : ggml_elu(context, negative);
  return ggml_add(context, ggml_relu(context, x), ggml_scale(context, negative, alpha));
}

namespace {

using Function = ggml_tensor* (*)(Emitter&, ggml_tensor*);

template <Function kFunction>
ggml_tensor* function(Emitter& emitter, const Node& node) {
  return kFunction(emitter, emitter.input(node, 0));
}

// The sign of x times a function of |x|.
template <Function kFunction>
ggml_tensor* odd(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  return ggml_mul(context, kFunction(emitter, ggml_abs(context, x)), ggml_sgn(context, x));
}

ggml_tensor* tan(Emitter& emitter, ggml_tensor* x) {
  return ggml_div(emitter.context(), ggml_sin(emitter.context(), x), ggml_cos(emitter.context(), x));
}

ggml_tensor* half_of_both(Emitter& emitter, ggml_tensor* x, bool difference) {
  ggml_context* context = emitter.context();
  ggml_tensor* up = ggml_exp(context, x);
  ggml_tensor* down = ggml_exp(context, ggml_neg(context, x));
  ggml_tensor* both = difference ? ggml_sub(context, up, down) : ggml_add(context, up, down);
  return ggml_scale(context, both, 0.5F);
}

ggml_tensor* cosh(Emitter& emitter, ggml_tensor* x) { return half_of_both(emitter, x, false); }

// With u = exp(-x) - 1, which ggml's elu has to the last digit: -u * (2 + u) / (2 * (1 + u)), of x up to 1.
ggml_tensor* sinh_of_small(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  ggml_tensor* u = ggml_elu(context, ggml_neg(context, x));
  ggml_tensor* above = ggml_mul(context, ggml_neg(context, u), ggml_scale_bias(context, u, 1, 2));
  return ggml_div(context, above, ggml_scale_bias(context, u, 2, 2));
}

ggml_tensor* sinh_of_positive(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  ggml_tensor* is_large = ggml_step(context, ggml_scale_bias(context, x, 1, -1));
  ggml_tensor* small = sinh_of_small(emitter, ggml_clamp(context, x, 0, 1));
  ggml_tensor* large = ggml_mul(context, half_of_both(emitter, x, true), is_large);
  return ggml_add(context, large, ggml_mul(context, small, ggml_scale_bias(context, is_large, -1, 1)));
}

ggml_tensor* sinh(Emitter& emitter, ggml_tensor* x) {
  return emitter.gradients() ? half_of_both(emitter, x, true) : odd<sinh_of_positive>(emitter, x);
}

// log(1 + x) of a positive x: softplus(log(x)), which loses nothing where x is small.
ggml_tensor* log_of_one_and(Emitter& emitter, ggml_tensor* x) {
  return ggml_softplus(emitter.context(), ggml_log(emitter.context(), x));
}

// log(x + sqrt(x^2 + 1)) = log(1 + x + x^2 / (1 + sqrt(x^2 + 1)))
ggml_tensor* asinh_of_positive(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  ggml_tensor* square = ggml_sqr(context, x);
  ggml_tensor* root = ggml_sqrt(context, ggml_scale_bias(context, square, 1, 1));
  ggml_tensor* rest = ggml_div(context, square, ggml_scale_bias(context, root, 1, 1));
  return log_of_one_and(emitter, ggml_add(context, x, rest));
}

// log(x + sqrt(x^2 - 1)), with y = x - 1.
ggml_tensor* acosh(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  ggml_tensor* y = ggml_scale_bias(context, x, 1, -1);
  ggml_tensor* root = ggml_sqrt(context, ggml_mul(context, y, ggml_scale_bias(context, x, 1, 1)));
  return log_of_one_and(emitter, ggml_add(context, y, root));
}

// Half of log((1 + x) / (1 - x)).
ggml_tensor* atanh_of_positive(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  ggml_tensor* ratio = ggml_div(context, ggml_scale(context, x, 2), ggml_scale_bias(context, x, -1, 1));
  return ggml_scale(context, log_of_one_and(emitter, ratio), 0.5F);
}

// The one number that a constant operand holds; nothing where it is another.
std::optional<double> number_of(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (value.role != Role::constant || assay::tensor::element_count(value.shape) != 1) return std::nullopt;
  return static_cast<double>(as_float32(value.data).data<float>()[0]);
}

constexpr double kMostFactors = 64;

std::string refuse_power(const Graph& graph, const Node& node, bool) {
  const auto base = number_of(graph, node.inputs[0]);
  if ((base && *base > 0) || number_of(graph, node.inputs[1])) return {};
  return "ggml has no power; exp(y * log(x)) is of positive x alone";
}

// x^n by squaring, n > 0.
ggml_tensor* whole_power(Emitter& emitter, ggml_tensor* x, int n) {
  ggml_tensor* result = nullptr;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) result = result ? ggml_mul(emitter.context(), result, x) : x;
    if (n > 1) x = ggml_sqr(emitter.context(), x);
  }
  return result;
}

ggml_tensor* power_of_number(Emitter& emitter, const Node& node, double base) {
  ggml_tensor* exponent = stretched(emitter, node, 1);
  return ggml_exp(emitter.context(),
                  ggml_scale(emitter.context(), exponent, static_cast<float>(std::log(base))));
}

// Of other exponents a negative base has no power, and the logarithm is no number either.
ggml_tensor* power(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const auto given = number_of(emitter.graph(), node.inputs[1]);
  if (!given) return power_of_number(emitter, node, number_of(emitter.graph(), node.inputs[0]).value_or(1));
  ggml_tensor* x = stretched(emitter, node, 0);
  const double exponent = *given, size = std::abs(exponent);
  ggml_tensor* result = nullptr;
  if (exponent == 0) return emitter.filled(output_shape(emitter, node), 1);
  if (size <= kMostFactors && size == std::floor(size))
    result = whole_power(emitter, x, static_cast<int>(size));
  else if (size == 0.5)
    result = ggml_sqrt(context, x);
  else
    return ggml_exp(context, ggml_scale(context, ggml_log(context, x), static_cast<float>(exponent)));
  if (exponent > 0) return result;
  return ggml_div(context, emitter.filled(output_shape(emitter, node), 1), result);
}

// Halves go to the even neighbour; ggml's round takes them away from zero.
ggml_tensor* round_to_even(Emitter& emitter, ggml_tensor* x) {
  ggml_context* context = emitter.context();
  const auto rest = [&](ggml_tensor* y) {
    return ggml_abs(context, ggml_sub(context, y, ggml_trunc(context, y)));
  };
  ggml_tensor* rounded = ggml_round(context, x);
  ggml_tensor* from_half = ggml_abs(context, ggml_scale_bias(context, rest(x), 1, -0.5F));
  ggml_tensor* is_half = ggml_step(context, ggml_scale_bias(context, from_half, -0x1p60F, 1));
  ggml_tensor* is_odd = ggml_step(context, rest(ggml_scale(context, rounded, 0.5F)));
  ggml_tensor* too_far = ggml_mul(context, ggml_mul(context, is_half, is_odd), ggml_sgn(context, x));
  return ggml_sub(context, rounded, too_far);
}

}  // namespace

std::vector<Operator> function_operators() {
  return {
      {"Acosh", nullptr, function<acosh>, kAnyRank},
      {"Asinh", nullptr, function<odd<asinh_of_positive>>, kAnyRank},
      {"Atanh", nullptr, function<odd<atanh_of_positive>>, kAnyRank},
      {"Cosh", nullptr, function<cosh>, kAnyRank},
      {"Pow", refuse_power, power, kIntegers},
      {"Round", nullptr, function<round_to_even>, kNoBackward | kAnyRank},
      {"Sigmoid", nullptr, function<sigmoid>, kAnyRank},
      {"Sinh", nullptr, function<sinh>, kAnyRank},
      {"Tan", nullptr, function<tan>, kAnyRank},
      {"Tanh", nullptr, function<tanh>, kAnyRank},
  };
}

}  // namespace ggml_runner
