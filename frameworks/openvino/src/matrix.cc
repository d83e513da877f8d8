// Matrix products. With a constant second operand the CPU plugin makes a product a fully connected layer,
// whose weights it packs when the model is compiled; a bias that is added it computes within.
#include "operators.h"

namespace openvino_runner {
namespace {

Outputs linear(Emitter& emitter, const Node& node) {
  const Output product = make<op::MatMul>(emitter.input(node, 0), emitter.input(node, 1), false, true);
  if (node.input(2) == kAbsent) return {product};
  return {make<op::Add>(product, emitter.input(node, 2))};
}

Outputs matmul(Emitter& emitter, const Node& node) {
  return {make<op::MatMul>(emitter.input(node, 0), emitter.input(node, 1), false, false)};
}

Output scaled(const Output& x, double factor) {
  return factor == 1 ? x : make<op::Multiply>(x, scalar(factor, x));
}

Outputs gemm(Emitter& emitter, const Node& node) {
  const Output product = make<op::MatMul>(emitter.input(node, 0), emitter.input(node, 1),
                                          node.integer("transA", 0) != 0, node.integer("transB", 0) != 0);
  const Output result = scaled(product, node.real("alpha", 1));
  if (node.input(2) == kAbsent) return {result};
  return {make<op::Add>(result, scaled(emitter.input(node, 2), node.real("beta", 1)))};
}

Outputs einsum(Emitter& emitter, const Node& node) {
  Outputs operands;
  for (size_t i = 0; i < node.inputs.size(); ++i) operands.push_back(emitter.input(node, i));
  std::string equation = node.text("equation", "");
  std::erase(equation, ' ');
  return {make<op::Einsum>(operands, equation)};
}

}  // namespace

std::vector<Operator> matrix_operators() {
  return {
      {"Einsum", einsum},
      {"Gemm", gemm},
      {"Linear", linear},
      {"MatMul", matmul},
  };
}

}  // namespace openvino_runner
