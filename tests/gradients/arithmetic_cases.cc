#include "case.h"

namespace assay::gradients {
namespace {

// All ways in which two operands broadcast.
void binary(std::vector<Case>& cases, const std::string& op, double low, double high) {
  const std::vector<std::pair<Shape, Shape>> shapes{{{2, 3}, {2, 3}},   {{2, 3}, {3}}, {{3}, {2, 3}},
                                                    {{2, 1}, {1, 3}},   {{2, 3}, {}},  {{}, {2, 3}},
                                                    {{1, 3}, {4, 2, 1}}};
  for (size_t i = 0; i < shapes.size(); ++i)
    cases.push_back({op, "broadcast_" + std::to_string(i), [=, s = shapes[i]](Maker& m) {
                       return std::vector{m.op(op, {m.p(s.first, low, high), m.p(s.second, low, high)})};
                     }});
  cases.push_back({op, "constant_left", [=](Maker& m) {
                     return std::vector{m.op(op, {m.f32({}, {0.7F}), m.p({2, 3}, low, high)})};
                   }});
  cases.push_back({op, "constant_right", [=](Maker& m) {
                     return std::vector{m.op(op, {m.p({2, 3}, low, high), m.f32({}, {0.7F})})};
                   }});
  cases.push_back({op, "same_operand", [=](Maker& m) {
                     const ValueId x = m.p({2, 3}, low, high);
                     return std::vector{m.op(op, {x, x})};
                   }});
}

void unary(std::vector<Case>& cases, const std::string& op, double low, double high) {
  cases.push_back({op, "plain", [=](Maker& m) { return std::vector{m.op(op, {m.p({3, 5}, low, high)})}; }});
}

Case pow_by(const std::string& variant, float exponent, double low) {
  return {"Pow", variant,
          [=](Maker& m) { return std::vector{m.op("Pow", {m.p({2, 3}, low, 2), m.f32({}, {exponent})})}; }};
}

}  // namespace

std::vector<Case> arithmetic_cases() {
  std::vector<Case> cases;
  for (const char* op : {"Add", "Sub", "Mul"}) binary(cases, op, -1, 1);
  for (const char* op : {"Div", "Pow"}) binary(cases, op, 0.5, 2);
  for (const char* op : {"Neg", "Exp", "Sin", "Cos", "Abs", "Tan", "Atan", "Sinh", "Cosh", "Asinh"})
    unary(cases, op, -1, 1);
  for (const char* op : {"Asin", "Acos", "Atanh"}) unary(cases, op, -0.9, 0.9);
  unary(cases, "Acosh", 1.2, 3);
  for (const char* op : {"Sqrt", "Reciprocal", "Log"}) unary(cases, op, 0.4, 2);
  cases.push_back({"Mul", "numbers_in_a_row", [](Maker& m) {
                     const ValueId half = m.op("Mul", {m.op("Exp", {m.p({2, 3})}), m.f32({}, {0.5F})});
                     return std::vector{
                         m.op("Div", {m.op("Mul", {m.f32({}, {3.0F}), half}), m.f32({}, {0.7F})})};
                   }});
  cases.push_back(pow_by("square", 2, -2));
  cases.push_back(pow_by("cube", 3, -2));
  cases.push_back(pow_by("half", 0.5F, 0.3));
  for (const std::string op : {"Max", "Min"}) {
    cases.push_back(
        {op, "three", [=](Maker& m) { return std::vector{m.op(op, {m.p({2, 3}), m.p({3}), m.p({2, 1})})}; }});
    cases.push_back(
        {op, "constant", [=](Maker& m) { return std::vector{m.op(op, {m.p({2, 3}), m.f32({}, {0.1F})})}; }});
  }
  for (const std::string op : {"Sum", "Mean"})
    cases.push_back(
        {op, "three", [=](Maker& m) { return std::vector{m.op(op, {m.p({2, 3}), m.p({3}), m.p({2, 1})})}; }});
  cases.push_back({"Mod", "fmod", [](Maker& m) {
                     return std::vector{
                         m.op("Mod", {m.p({2, 3}, -3, 3), m.f32({}, {0.7F})}, {{"fmod", int64_t{1}}})};
                   }});
  cases.push_back({"Where", "broadcast", [](Maker& m) {
                     return std::vector{
                         m.op("Where", {m.booleans({2, 3}, {1, 0, 1, 0, 0, 1}), m.p({3}), m.p({4, 1, 1})})};
                   }});
  return cases;
}

std::vector<Case> activation_cases() {
  std::vector<Case> cases;
  for (const char* op : {"Relu", "Sigmoid", "Tanh", "Erf", "Swish", "Gelu", "Softplus", "Softsign", "Mish"})
    unary(cases, op, -2, 2);
  for (const char* op :
       {"Elu", "Celu", "Selu", "LeakyRelu", "HardSigmoid", "HardSwish", "ThresholdedRelu", "Shrink"})
    unary(cases, op, -4, 4);
  for (const char* op : {"Elu", "Celu", "Selu", "LeakyRelu", "HardSigmoid", "ThresholdedRelu"})
    cases.push_back({op, "alpha", [=](Maker& m) {
                       return std::vector{m.op(op, {m.p({3, 5}, -4, 4)}, {{"alpha", 0.7}})};
                     }});
  cases.push_back({"PRelu", "channels", [](Maker& m) {
                     return std::vector{m.op("PRelu", {m.p({2, 3, 4}, -2, 2), m.p({3, 1})})};
                   }});
  cases.push_back({"Clip", "both", [](Maker& m) {
                     return std::vector{
                         m.op("Clip", {m.p({3, 5}, -2, 2), m.f32({}, {-0.5F}), m.f32({1}, {1})})};
                   }});
  cases.push_back({"Clip", "upper", [](Maker& m) {
                     return std::vector{m.op("Clip", {m.p({3, 5}, -2, 2), kAbsent, m.f32({}, {1})})};
                   }});
  cases.push_back({"Swish", "alpha", [](Maker& m) {
                     return std::vector{m.op("Swish", {m.p({3, 5}, -2, 2)}, {{"alpha", 1.7}})};
                   }});
  cases.push_back({"Gelu", "tanh", [](Maker& m) {
                     return std::vector{
                         m.op("Gelu", {m.p({3, 5}, -2, 2)}, {{"approximate", std::string("tanh")}})};
                   }});
  return cases;
}

}  // namespace assay::gradients
