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
Outputs extremum(Emitter& emitter, const Node& node) {
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

Outputs gelu(Emitter& emitter, const Node& node) {
  const bool tanh = node.text("approximate", "none") == "tanh";
  return {make<op::Gelu>(emitter.input(node, 0),
                         tanh ? ov::op::GeluApproximationMode::TANH : ov::op::GeluApproximationMode::ERF)};
}

Outputs swish(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  const double alpha = node.real("alpha", 1);
  return {alpha == 1 ? make<op::Swish>(x) : make<op::Swish>(x, scalar(alpha, x))};
}

}  // namespace

std::vector<Operator> elementwise_operators() {
  return {
      {"Abs", unary<op::Abs>},
      {"Add", binary<op::Add>},
      {"And", binary<op::LogicalAnd>},
      {"Cast", cast},
      {"Cos", unary<op::Cos>},
      {"Div", divide},
      {"Equal", binary<op::Equal>},
      {"Erf", unary<op::Erf>},
      {"Exp", unary<op::Exp>},
      {"Gelu", gelu},
      {"Greater", binary<op::Greater>},
      {"GreaterOrEqual", binary<op::GreaterEqual>},
      {"Identity", identity},
      {"Less", binary<op::Less>},
      {"LessOrEqual", binary<op::LessEqual>},
      {"Log", unary<op::Log>},
      {"Max", extremum<op::Maximum>},
      {"Min", extremum<op::Minimum>},
      {"Mul", binary<op::Multiply>},
      {"Neg", unary<op::Negative>},
      {"Not", unary<op::LogicalNot>},
      {"Or", binary<op::LogicalOr>},
      {"Pow", power},
      {"Reciprocal", reciprocal},
      {"Relu", unary<op::Relu>},
      {"Sigmoid", unary<op::Sigmoid>},
      {"Sign", unary<op::Sign>},
      {"Sin", unary<op::Sin>},
      {"Sqrt", unary<op::Sqrt>},
      {"Sub", binary<op::Subtract>},
      {"Swish", swish},
      {"Tanh", unary<op::Tanh>},
      {"Where", where},
      {"Xor", binary<op::LogicalXor>},
  };
}

}  // namespace openvino_runner
