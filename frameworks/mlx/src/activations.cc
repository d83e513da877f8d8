// Activations, by the formulas of mlx.nn.
#include <numbers>

#include "by_element.h"
#include "operators.h"

namespace mlx_runner {
namespace {

// y = function(x), where function also gets the node.
template <array (*kFunction)(const array&, const Node&)>
void activation(const Call& call) {
  by_element(call, [&](const Arrays& x) { return kFunction(x[0], call.node()); });
}

void relu(const Call& call) {
  by_element(call, [](const Arrays& x) { return mx::maximum(x[0], number(0, x[0])); });
}

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

array exponential_below(const array& x, double factor, double width) {
  const array bent = mx::expm1(mx::minimum(x, number(0, x)) * number(1 / width, x)) * number(factor, x);
  return mx::where(x < number(0, x), bent, x);
}

array elu(const array& x, const Node& node) { return exponential_below(x, node.real("alpha", 1), 1); }
array celu(const array& x, const Node& node) {
  const double alpha = node.real("alpha", 1);
  return exponential_below(x, alpha, alpha);
}
array selu(const array& x, const Node& node) {
  const double alpha = node.real("alpha", 1.67326319217681884765625);
  return exponential_below(x, alpha, 1) * number(node.real("gamma", 1.05070102214813232421875), x);
}

array leaky_relu(const array& x, const Node& node) {
  return mx::where(x < number(0, x), x * number(node.real("alpha", 0.01F), x), x);
}

array within_one(const array& x) { return mx::minimum(mx::maximum(x, number(0, x)), number(1, x)); }

array hard_sigmoid(const array& x, const Node& node) {
  return within_one(x * number(node.real("alpha", 0.2F), x) + number(node.real("beta", 0.5), x));
}
array hard_swish(const array& x, const Node&) { return x * within_one((x + number(3, x)) / number(6, x)); }

array softplus(const array& x, const Node&) { return mx::logaddexp(x, number(0, x)); }
array softsign(const array& x, const Node&) { return x / (number(1, x) + mx::abs(x)); }
array mish(const array& x, const Node& node) { return x * mx::tanh(softplus(x, node)); }

array thresholded_relu(const array& x, const Node& node) {
  return mx::where(x > number(node.real("alpha", 1), x), x, number(0, x));
}

array shrink(const array& x, const Node& node) {
  const array bias = number(node.real("bias", 0), x);
  const double limit = node.real("lambd", 0.5);
  const array above = mx::where(x > number(limit, x), x - bias, number(0, x));
  return mx::where(x < number(-limit, x), x + bias, above);
}

void prelu(const Call& call) {
  by_element(call, [](const Arrays& x) { return mx::where(x[0] < number(0, x[0]), x[0] * x[1], x[0]); });
}

}  // namespace

std::vector<Operator> activation_operators() {
  return {
      {"Celu", activation<celu>},
      {"Elu", activation<elu>},
      {"Gelu", gelu},
      {"HardSigmoid", activation<hard_sigmoid>},
      {"HardSwish", activation<hard_swish>},
      {"LeakyRelu", activation<leaky_relu>},
      {"Mish", activation<mish>},
      {"PRelu", prelu},
      {"Relu", relu},
      {"Selu", activation<selu>},
      {"Shrink", activation<shrink>},
      {"Sigmoid", unary<mx::sigmoid>},
      {"Softplus", activation<softplus>},
      {"Softsign", activation<softsign>},
      {"Swish", swish},
      {"Tanh", unary<mx::tanh>},
      {"ThresholdedRelu", activation<thresholded_relu>},
  };
}

}  // namespace mlx_runner
