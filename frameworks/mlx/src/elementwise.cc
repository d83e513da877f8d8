// Arithmetic, comparisons and functions, element by element.
#include <numeric>

#include "by_element.h"
#include "operators.h"

namespace mlx_runner {
namespace {

template <array (*kFunction)(const array&, const array&, mx::StreamOrDevice)>
void binary(const Call& call) {
  by_element(call, [](const Arrays& x) { return kFunction(x[0], x[1], {}); });
}

template <array (*kFunction)(const array&, const array&, mx::StreamOrDevice)>
void folded(const Call& call) {
  by_element(call, [](const Arrays& x) {
    return std::accumulate(x.begin() + 1, x.end(), x[0],
                           [](const array& a, const array& b) { return kFunction(a, b, {}); });
  });
}

void logical_xor(const Call& call) {
  by_element(call, [](const Arrays& x) { return mx::not_equal(x[0], x[1]); });
}

// Towards zero, whatever MLX's own does.
array quotient(const array& a, const array& b) {
  const array down = mx::floor_divide(a, b), rest = a - down * b;
  const array zero = number(0, a);
  return down + mx::astype((rest != zero) && ((rest < zero) != (a < zero)), a.dtype());
}

void divide(const Call& call) {
  const bool floating = call.is_floating(0);
  by_element(call, [&](const Arrays& x) { return floating ? mx::divide(x[0], x[1]) : quotient(x[0], x[1]); });
}

// The exponent where it is one that is known.
std::optional<double> known_exponent(const Call& call) {
  const auto& data = call.value(1).data;
  if (call.value(1).role != assay::graph::Role::constant || call.rank(1) > call.rank(0) || data.size() != 1)
    return std::nullopt;
  if (data.dtype() == DType::f32) return data.data<float>()[0];
  if (data.dtype() == DType::f64) return data.data<double>()[0];
  return std::nullopt;
}

array power(const array& base, const array& exponent, std::optional<double> known) {
  if (known == 2.0) return mx::square(base);
  if (known == 0.5) return mx::sqrt(base);
  const bool by_real =
      mx::issubdtype(exponent.dtype(), mx::floating) && !mx::issubdtype(base.dtype(), mx::floating);
  if (by_real) return mx::astype(mx::power(mx::astype(base, exponent.dtype()), exponent), base.dtype());
  return mx::power(base, mx::astype(exponent, base.dtype()));
}

void power_of(const Call& call) {
  const auto known = call.is_floating(0) ? known_exponent(call) : std::nullopt;
  by_element(call, [&](const Arrays& x) { return power(x[0], x[1], known); });
}

void where(const Call& call) {
  by_element(call, [](const Arrays& x) { return mx::where(x[0], x[1], x[2]); });
}

void cast(const Call& call) {
  const auto to = mlx_dtype(call.graph().value(call.node().outputs[0]).dtype);
  by_element(call, [&](const Arrays& x) { return mx::astype(x[0], to); });
}

void identity(const Call& call) {
  by_element(call, [](const Arrays& x) { return x[0]; });
}

array rounded(const array& x, mx::StreamOrDevice device) { return mx::round(x, 0, device); }

// One of infinite size on a side that is asked for.
void is_inf(const Call& call) {
  const bool negative = call.flag("detect_negative", true), positive = call.flag("detect_positive", true);
  by_element(call, [&](const Arrays& x) {
    const array none = mx::zeros(x[0].shape(), mx::bool_);
    return mx::logical_or(positive ? mx::isposinf(x[0]) : none, negative ? mx::isneginf(x[0]) : none);
  });
}

// First the lower limit, then the upper one.
void clip(const Call& call) {
  by_element(call, [&](const Arrays& x) {
    array y = x[0];
    if (call.given(1)) y = mx::maximum(y, mx::reshape(x[1], {}));
    if (call.given(2)) y = mx::minimum(y, mx::reshape(x[2], {}));
    return y;
  });
}

// MLX's remainder has the sign of the divisor.
void mod(const Call& call) {
  const bool of_c = call.flag("fmod");
  by_element(call, [&](const Arrays& x) {
    if (!of_c) return mx::remainder(x[0], x[1]);
    return mx::sign(x[0]) * mx::remainder(mx::abs(x[0]), mx::abs(x[1]));
  });
}

void mean(const Call& call) {
  by_element(call, [](const Arrays& x) {
    const array sum = std::accumulate(x.begin() + 1, x.end(), x[0]);
    return sum / number(static_cast<double>(x.size()), sum);
  });
}

}  // namespace

std::vector<Operator> elementwise_operators() {
  return {
      {"Abs", unary<mx::abs>},
      {"Acos", unary<mx::arccos>},
      {"Acosh", unary<mx::arccosh>},
      {"Add", binary<mx::add>},
      {"And", binary<mx::logical_and>},
      {"Asin", unary<mx::arcsin>},
      {"Asinh", unary<mx::arcsinh>},
      {"Atan", unary<mx::arctan>},
      {"Atanh", unary<mx::arctanh>},
      {"Cast", cast},
      {"Ceil", unary<mx::ceil>},
      {"Clip", clip},
      {"Cos", unary<mx::cos>},
      {"Cosh", unary<mx::cosh>},
      {"Div", divide},
      {"Equal", binary<mx::equal>},
      {"Erf", unary<mx::erf>},
      {"Exp", unary<mx::exp>},
      {"Floor", unary<mx::floor>},
      {"Greater", binary<mx::greater>},
      {"GreaterOrEqual", binary<mx::greater_equal>},
      {"Identity", identity},
      {"IsInf", is_inf},
      {"IsNaN", unary<mx::isnan>},
      {"Less", binary<mx::less>},
      {"LessOrEqual", binary<mx::less_equal>},
      {"Log", unary<mx::log>},
      {"Max", folded<mx::maximum>},
      {"Mean", mean},
      {"Min", folded<mx::minimum>},
      {"Mod", mod},
      {"Mul", binary<mx::multiply>},
      {"Neg", unary<mx::negative>},
      {"Not", unary<mx::logical_not>},
      {"Or", binary<mx::logical_or>},
      {"Pow", power_of},
      {"Reciprocal", unary<mx::reciprocal>},
      {"Round", unary<rounded>},
      {"Sign", unary<mx::sign>},
      {"Sin", unary<mx::sin>},
      {"Sinh", unary<mx::sinh>},
      {"Sqrt", unary<mx::sqrt>},
      {"Sub", binary<mx::subtract>},
      {"Sum", folded<mx::add>},
      {"Tan", unary<mx::tan>},
      {"Where", where},
      {"Xor", logical_xor},
  };
}

}  // namespace mlx_runner
