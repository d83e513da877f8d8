// GELU, by the error function or by tanh, and SiLU, as products in any order.
#include <algorithm>
#include <numbers>
#include <optional>

#include "recognise/rules.h"

namespace assay::recognise {
namespace {

constexpr double kSqrtTwo = std::numbers::sqrt2;
constexpr double kCubic = 0.044715;
constexpr double kTanhScale = 0.79788456080286535588;  // sqrt(2 / pi)

// Numbers that the pattern has as float32: constant and what it stands for.
using Meant = std::vector<std::pair<ValueId, double>>;

// The factors of a product without the number that is among them.
struct Product {
  std::vector<ValueId> others;
  double number = 1;
  std::vector<ValueId> constants;
};

Product product_of(const View& view, ValueId id) {
  Product result;
  for (const ValueId factor : view.factors(id)) {
    const auto number = view.number(factor);
    if (number) {
      result.number *= *number;
      result.constants.push_back(factor);
    } else if (const Node* div = view.made_by(factor, "Div"); div != nullptr && view.number(div->inputs[1])) {
      result.number /= view.number(div->inputs[1]).value_or(1);
      result.constants.push_back(div->inputs[1]);
      result.others.push_back(div->inputs[0]);
    } else {
      result.others.push_back(factor);
    }
  }
  return result;
}

// f of 1 + f(...).
const Node* one_plus(const View& view, ValueId id, std::string_view op) {
  const Node* sum = view.made_by(id, "Add");
  const auto shifted = sum == nullptr ? std::nullopt : view.with_number(*sum);
  return shifted && shifted->number == 1 ? view.made_by(shifted->value, op) : nullptr;
}

// x * x * x.
bool is_cube(const View& view, std::vector<ValueId> factors, ValueId x) {
  if (factors.size() == 1) {
    const Node* pow = view.made_by(factors[0], "Pow");
    return pow != nullptr && pow->inputs[0] == x && view.number(pow->inputs[1]) == 3.0;
  }
  int power = 0;
  for (const ValueId factor : factors) {
    const Node* pow = view.made_by(factor, "Pow");
    if (factor == x)
      ++power;
    else if (pow != nullptr && pow->inputs[0] == x && view.number(pow->inputs[1]) == 2.0)
      power += 2;
    else
      return false;
  }
  return power == 3;
}

// erf's argument is x / sqrt(2).
bool is_erf_of(const View& view, const Node& erf, ValueId x, Meant& meant) {
  const Product argument = product_of(view, erf.inputs[0]);
  if (argument.others != std::vector{x} || argument.constants.size() != 1) return false;
  if (!is_about(argument.number, 1 / kSqrtTwo)) return false;
  const double given = view.number(argument.constants[0]).value_or(0);
  meant.emplace_back(argument.constants[0], given > 1 ? kSqrtTwo : 1 / kSqrtTwo);
  return true;
}

// tanh's argument is sqrt(2 / pi) * (x + 0.044715 x^3).
bool is_tanh_of(const View& view, const Node& tanh, ValueId x, Meant& meant) {
  const Product argument = product_of(view, tanh.inputs[0]);
  if (argument.others.size() != 1 || argument.constants.size() != 1 || !is_about(argument.number, kTanhScale))
    return false;
  const Node* sum = view.made_by(argument.others[0], "Add");
  const auto cubic = sum == nullptr ? std::nullopt : view.other(*sum, x);
  if (!cubic) return false;
  const Product cube = product_of(view, *cubic);
  if (cube.constants.size() != 1 || !is_about(cube.number, kCubic) || !is_cube(view, cube.others, x))
    return false;
  meant.emplace_back(argument.constants[0], kTanhScale);
  meant.emplace_back(cube.constants[0], kCubic);
  return true;
}

}  // namespace

Result<bool> gelu(const View& view, const Node& root, Emitter& to) {
  if (root.op != "Mul" && root.op != "Div") return false;
  const Product product = product_of(view, root.outputs[0]);
  if (product.others.size() != 2 || product.number != 0.5) return false;
  for (const size_t i : {0, 1}) {
    const ValueId x = product.others[1 - i];
    const Node* erf = one_plus(view, product.others[i], "Erf");
    const Node* tanh = one_plus(view, product.others[i], "Tanh");
    Meant meant;
    const bool exact = erf != nullptr && is_erf_of(view, *erf, x, meant);
    if (!exact && (tanh == nullptr || !is_tanh_of(view, *tanh, x, meant))) continue;
    ASSAY_TRY_VOID(to.finish(root, "Gelu", {x}, {{"approximate", exact ? "none" : "tanh"}}));
    for (const auto& [constant, number] : meant) to.means(constant, number);
    return true;
  }
  return false;
}

Result<bool> swish(const View& view, const Node& root, Emitter& to) {
  if (root.op != "Mul") return false;
  for (const size_t i : {0, 1}) {
    const Node* sigmoid = view.made_by(root.inputs[i], "Sigmoid");
    if (sigmoid == nullptr || sigmoid->inputs[0] != root.inputs[1 - i]) continue;
    ASSAY_TRY_VOID(to.finish(root, "Swish", {root.inputs[1 - i]}));
    return true;
  }
  return false;
}

}  // namespace assay::recognise
