// Operators that work element by element. Where an operand has its channels last, all of them are turned so.
#include <algorithm>
#include <numbers>
#include <numeric>

#include "operators.h"

namespace mlx_runner {
namespace {

using Arrays = std::vector<array>;

// An operand of fewer axes, or of the same number, as it meets one of `rank` axes with its channels last.
array turned(const array& data, int rank) {
  if (data.size() == 1) return mx::reshape(data, {});
  array full = data;
  while (static_cast<int>(full.ndim()) < rank) full = mx::expand_dims(full, 0);
  return channels_moved_last(full);
}

// Calls `function` with all operands in one order and sets the first output.
template <class Function>
void by_element(const Call& call, Function function) {
  const size_t count = call.node().inputs.size();
  int rank = 0;
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    rank = std::max(rank, call.rank(i));
    any = any || call.is_image(i);
  }
  Arrays operands;
  for (size_t i = 0; i < count; ++i) {
    if (!any)
      operands.push_back(call.x(i));
    else
      operands.push_back(call.is_image(i) && call.rank(i) == rank ? call.image(i) : turned(call.x(i), rank));
  }
  array result = function(operands);
  if (any)
    call.set_image(0, result);
  else
    call.set(0, result);
}

template <array (*kFunction)(const array&, mx::StreamOrDevice)>
void unary(const Call& call) {
  by_element(call, [](const Arrays& x) { return kFunction(x[0], {}); });
}

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

void relu(const Call& call) {
  by_element(call, [](const Arrays& x) { return mx::maximum(x[0], number(0, x[0])); });
}

// The formulas of mlx.nn.
void gelu(const Call& call) {
  const bool by_tanh = call.node().text("approximate", "none") == "tanh";
  by_element(call, [&](const Arrays& operands) {
    const array& x = operands[0];
    if (!by_tanh)
      return x * (number(1, x) + mx::erf(x * number(1 / std::numbers::sqrt2, x))) * number(0.5, x);
    const array inner = x + number(0.044715, x) * x * x * x;
    const double factor = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
    return number(0.5, x) * x * (number(1, x) + mx::tanh(number(factor, x) * inner));
  });
}

void swish(const Call& call) {
  const double alpha = call.node().real("alpha", 1);
  by_element(call, [&](const Arrays& operands) {
    const array& x = operands[0];
    return x * mx::sigmoid(alpha == 1 ? x : x * number(alpha, x));
  });
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

}  // namespace

std::vector<Operator> elementwise_operators() {
  return {
      {"Abs", unary<mx::abs>},
      {"Add", binary<mx::add>},
      {"And", binary<mx::logical_and>},
      {"Cast", cast},
      {"Cos", unary<mx::cos>},
      {"Div", divide},
      {"Equal", binary<mx::equal>},
      {"Erf", unary<mx::erf>},
      {"Exp", unary<mx::exp>},
      {"Gelu", gelu},
      {"Greater", binary<mx::greater>},
      {"GreaterOrEqual", binary<mx::greater_equal>},
      {"Identity", identity},
      {"Less", binary<mx::less>},
      {"LessOrEqual", binary<mx::less_equal>},
      {"Log", unary<mx::log>},
      {"Max", folded<mx::maximum>},
      {"Min", folded<mx::minimum>},
      {"Mul", binary<mx::multiply>},
      {"Neg", unary<mx::negative>},
      {"Not", unary<mx::logical_not>},
      {"Or", binary<mx::logical_or>},
      {"Pow", power_of},
      {"Reciprocal", unary<mx::reciprocal>},
      {"Relu", relu},
      {"Sigmoid", unary<mx::sigmoid>},
      {"Sign", unary<mx::sign>},
      {"Sin", unary<mx::sin>},
      {"Sqrt", unary<mx::sqrt>},
      {"Sub", binary<mx::subtract>},
      {"Swish", swish},
      {"Tanh", unary<mx::tanh>},
      {"Where", where},
      {"Xor", logical_xor},
  };
}

}  // namespace mlx_runner
