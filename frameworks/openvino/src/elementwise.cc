// Element by element, with broadcasting as numpy's.
#include "operators.h"

namespace openvino_runner {
namespace {

template <class Kind>
Outputs unary(Emitter& emitter, const Node& node) {
  return {make<Kind>(emitter.input(node, 0))};
}

template <class Kind>
Outputs binary(Emitter& emitter, const Node& node) {
  return {make<Kind>(emitter.input(node, 0), emitter.input(node, 1))};
}

// Integers are divided towards zero.
Outputs divide(Emitter& emitter, const Node& node) {
  return {make<op::Divide>(emitter.input(node, 0), emitter.input(node, 1), false)};
}

template <class Kind>
Outputs folded(Emitter& emitter, const Node& node) {
  Output result = emitter.input(node, 0);
  for (size_t i = 1; i < node.inputs.size(); ++i) result = make<Kind>(result, emitter.input(node, i));
  return {result};
}

// OpenVINO wants base and exponent of one type; ONNX gives the base's.
Outputs power(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0), exponent = emitter.input(node, 1);
  const bool wide = exponent.get_element_type().is_real() && !x.get_element_type().is_real();
  const auto type = wide ? exponent.get_element_type() : x.get_element_type();
  return {converted(make<op::Power>(converted(x, type), converted(exponent, type)), x.get_element_type())};
}

Outputs reciprocal(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  return {make<op::Divide>(scalar(1, x), x)};
}

Outputs where(Emitter& emitter, const Node& node) {
  return {make<op::Select>(emitter.input(node, 0), emitter.input(node, 1), emitter.input(node, 2))};
}

Outputs cast(Emitter& emitter, const Node& node) {
  return {make<op::Convert>(emitter.input(node, 0), element_type(emitter.result(node).dtype))};
}

Outputs identity(Emitter& emitter, const Node& node) { return {emitter.input(node, 0)}; }

Outputs round(Emitter& emitter, const Node& node) {
  return {make<op::Round>(emitter.input(node, 0), op::Round::RoundMode::HALF_TO_EVEN)};
}

// First the lower limit, then the upper one; in one where both are known.
Outputs clip(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  const auto known = [&](size_t i) {
    return node.input(i) != kAbsent && emitter.value(node, i).role == assay::graph::Role::constant &&
           emitter.value(node, i).dtype == DType::f32;
  };
  if (known(1) && known(2)) {
    const double low = emitter.value(node, 1).data.data<float>()[0];
    const double high = emitter.value(node, 2).data.data<float>()[0];
    if (low <= high) return {make<op::Clamp>(x, low, high)};
  }
  Output y = x;
  if (node.input(1) != kAbsent) y = make<op::Maximum>(y, reshaped(emitter.input(node, 1), {}));
  if (node.input(2) != kAbsent) y = make<op::Minimum>(y, reshaped(emitter.input(node, 2), {}));
  return {y};
}

Outputs mod(Emitter& emitter, const Node& node) {
  const Output a = emitter.input(node, 0), b = emitter.input(node, 1);
  return {node.integer("fmod", 0) != 0 ? make<op::Mod>(a, b) : make<op::FloorMod>(a, b)};
}

Outputs mean(Emitter& emitter, const Node& node) {
  const Output sum = folded<op::Add>(emitter, node)[0];
  return {make<op::Divide>(sum, scalar(static_cast<double>(node.inputs.size()), sum))};
}

Outputs is_inf(Emitter& emitter, const Node& node) {
  op::IsInf::Attributes sides;
  sides.detect_negative = node.integer("detect_negative", 1) != 0;
  sides.detect_positive = node.integer("detect_positive", 1) != 0;
  return {make<op::IsInf>(emitter.input(node, 0), sides)};
}

}  // namespace

std::vector<Operator> elementwise_operators() {
  return {
      {"Abs", unary<op::Abs>},
      {"Acos", unary<op::Acos>},
      {"Acosh", unary<op::Acosh>},
      {"Add", binary<op::Add>},
      {"And", binary<op::LogicalAnd>},
      {"Asin", unary<op::Asin>},
      {"Asinh", unary<op::Asinh>},
      {"Atan", unary<op::Atan>},
      {"Atanh", unary<op::Atanh>},
      {"Cast", cast},
      {"Ceil", unary<op::Ceiling>},
      {"Clip", clip},
      {"Cos", unary<op::Cos>},
      {"Cosh", unary<op::Cosh>},
      {"Div", divide},
      {"Equal", binary<op::Equal>},
      {"Erf", unary<op::Erf>},
      {"Exp", unary<op::Exp>},
      {"Floor", unary<op::Floor>},
      {"Greater", binary<op::Greater>},
      {"GreaterOrEqual", binary<op::GreaterEqual>},
      {"Identity", identity},
      {"IsInf", is_inf},
      {"IsNaN", unary<op::IsNaN>},
      {"Less", binary<op::Less>},
      {"LessOrEqual", binary<op::LessEqual>},
      {"Log", unary<op::Log>},
      {"Max", folded<op::Maximum>},
      {"Mean", mean},
      {"Min", folded<op::Minimum>},
      {"Mod", mod},
      {"Mul", binary<op::Multiply>},
      {"Neg", unary<op::Negative>},
      {"Not", unary<op::LogicalNot>},
      {"Or", binary<op::LogicalOr>},
      {"Pow", power},
      {"Reciprocal", reciprocal},
      {"Round", round},
      {"Sign", unary<op::Sign>},
      {"Sin", unary<op::Sin>},
      {"Sinh", unary<op::Sinh>},
      {"Sqrt", unary<op::Sqrt>},
      {"Sub", binary<op::Subtract>},
      {"Sum", folded<op::Add>},
      {"Tan", unary<op::Tan>},
      {"Where", where},
      {"Xor", binary<op::LogicalXor>},
  };
}

}  // namespace openvino_runner
