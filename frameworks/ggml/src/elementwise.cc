// Element by element: arithmetic with broadcasting, activations.
#include <algorithm>
#include <cmath>

#include "operators.h"

namespace ggml_runner {
namespace {

using assay::tensor::DType;

using Unary = ggml_tensor* (*)(ggml_context*, ggml_tensor*);
using Binary = ggml_tensor* (*)(ggml_context*, ggml_tensor*, ggml_tensor*);

template <Unary kOperator>
ggml_tensor* unary(Emitter& emitter, const Node& node) {
  return kOperator(emitter.context(), emitter.input(node, 0));
}

// ggml repeats the second operand only.
template <Binary kOperator, bool kCommutes>
ggml_tensor* binary(Emitter& emitter, const Node& node) {
  ggml_tensor* a = emitter.input(node, 0);
  ggml_tensor* b = emitter.input(node, 1);
  if (kCommutes && !ggml_can_repeat(b, a)) std::swap(a, b);
  if (!ggml_can_repeat(b, a)) {
    const auto ne = dimensions(emitter.graph().value(node.outputs[0]).shape);
    a = ggml_repeat_4d(emitter.context(), a, ne[0], ne[1], ne[2], ne[3]);
  }
  return kOperator(emitter.context(), a, b);
}

std::string refuse_binary(const Graph& graph, const Node& node, bool) {
  for (const size_t i : {0U, 1U})
    if (graph.value(node.inputs[i]).dtype != DType::f32) return "ggml computes in floating point only";
  return {};
}

// ggml's gradients of a - b and a / b forget to sum over what was repeated.
std::string refuse_unequal_gradient(const Graph& graph, const Node& node, bool gradients) {
  const bool equal = graph.value(node.inputs[0]).shape == graph.value(node.inputs[1]).shape;
  if (gradients && !equal) return "ggml's backward takes operands of one shape only";
  return refuse_binary(graph, node, gradients);
}

// silu(gate) * up is one operator of ggml, but without a backward.
ggml_tensor* multiply(Emitter& emitter, const Node& node) {
  for (const size_t i : {0U, 1U}) {
    if (emitter.gradients()) break;
    ggml_tensor* gate = emitter.input(node, i);
    ggml_tensor* up = emitter.input(node, 1 - i);
    if (gate->op == GGML_OP_UNARY && ggml_get_unary_op(gate) == GGML_UNARY_OP_SILU &&
        ggml_are_same_shape(gate, up))
      return ggml_swiglu_split(emitter.context(), gate->src[0], up);
  }
  return binary<ggml_mul, true>(emitter, node);
}

std::string refuse_gelu(const Graph&, const Node& node, bool) {
  return node.text("approximate", "none") == "none" ? "" : "ggml's tanh form is a table in half precision";
}

std::string refuse_swish(const Graph&, const Node& node, bool) {
  return node.real("alpha", 1) == 1 ? "" : "ggml's silu has alpha 1";
}

ggml_tensor* reciprocal(Emitter& emitter, const Node& node) {
  Tensor ones(DType::f32, emitter.graph().value(node.inputs[0]).shape);
  std::ranges::fill(ones.mutable_data<float>(), 1.0F);
  return ggml_div(emitter.context(), emitter.constant(ones), emitter.input(node, 0));
}

}  // namespace

std::vector<Operator> elementwise_operators() {
  return {
      {"Abs", nullptr, unary<ggml_abs>},
      {"Add", refuse_binary, binary<ggml_add, true>},
      {"Cos", nullptr, unary<ggml_cos>},
      {"Div", refuse_unequal_gradient, binary<ggml_div, false>},
      {"Exp", nullptr, unary<ggml_exp>},
      {"Gelu", refuse_gelu, unary<ggml_gelu_erf>, false},
      {"Log", nullptr, unary<ggml_log>},
      {"Mul", refuse_binary, multiply},
      {"Neg", nullptr, unary<ggml_neg>},
      {"Reciprocal", nullptr, reciprocal},
      {"Relu", nullptr, unary<ggml_relu>},
      {"Sigmoid", nullptr, unary<ggml_sigmoid>, false},
      {"Sin", nullptr, unary<ggml_sin>},
      {"Sqrt", nullptr, unary<ggml_sqrt>},
      {"Sub", refuse_unequal_gradient, binary<ggml_sub, false>},
      {"Swish", refuse_swish, unary<ggml_silu>},
      {"Tanh", nullptr, unary<ggml_tanh>, false},
  };
}

}  // namespace ggml_runner
