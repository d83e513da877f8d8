// Matrix products. ggml_mul_mat(a, b) with a of ne {k, n} and b of ne {k, m} gives {n, m}: both operands have
// the summed dimension innermost, as the weights of Linear do.
#include "operators.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::tensor::Shape;

// The matrices of `matrix` transposed: where that undoes a transposition, what was there before it.
ggml_tensor* transposed(Emitter& emitter, ggml_tensor* matrix) {
  const ggml_tensor* view = matrix->op == GGML_OP_CONT ? matrix->src[0] : nullptr;
  if (view && view->op == GGML_OP_PERMUTE && view->op_params[0] == 1 && view->op_params[1] == 0 &&
      ggml_is_contiguous(view->src[0]))
    return view->src[0];
  return emitter.contiguous(emitter.permuted(matrix, {1, 0, 2, 3}));
}

// ggml_mul_mat in a shape of ours. Where its matrices `a` would be repeated, all rows of `b` that one meets
// are one matrix, which is a larger product; ggml's backward sums over few of the repetitions.
ggml_tensor* product(Emitter& emitter, ggml_tensor* a, ggml_tensor* b, const Shape& shape) {
  const int64_t outer = a->ne[2] * a->ne[3] == 1 ? 1 : b->ne[3];
  if (a->ne[2] == 1)
    b = emitter.reshaped(b, {outer, 1, ggml_nelements(b) / b->ne[0] / outer, b->ne[0]});
  else if (emitter.gradients() && a->ne[3] != b->ne[3])
    a = ggml_repeat_4d(emitter.context(), a, a->ne[0], a->ne[1], a->ne[2], b->ne[3]);
  return emitter.reshaped(ggml_mul_mat(emitter.context(), a, b), shape);
}

// x [.., in], W [out, in]. All leading dimensions of x are rows.
ggml_tensor* linear(Emitter& emitter, const Node& node) {
  ggml_tensor* result =
      product(emitter, emitter.input(node, 1), emitter.input(node, 0), output_shape(emitter, node));
  return node.input(2) == kAbsent ? result : ggml_add(emitter.context(), result, emitter.input(node, 2));
}

size_t padded(const Shape& shape, size_t from_the_end) {
  return from_the_end < shape.size() ? static_cast<size_t>(shape[shape.size() - 1 - from_the_end]) : 1;
}

// ggml repeats the matrices of its first operand, which is our second.
std::string refuse_matmul(const Graph& graph, const Node& node, bool) {
  const Shape& a = graph.value(node.inputs[0]).shape;
  const Shape& b = graph.value(node.inputs[1]).shape;
  if (a.size() < 2 || b.size() < 2) return "ggml multiplies matrices, no vectors";
  for (const size_t i : {2U, 3U})
    if (padded(a, i) % padded(b, i) != 0) return "ggml repeats the matrices of the second operand only";
  return {};
}

ggml_tensor* matmul(Emitter& emitter, const Node& node) {
  return product(emitter, transposed(emitter, emitter.input(node, 1)), emitter.input(node, 0),
                 output_shape(emitter, node));
}

ggml_tensor* gemm(Emitter& emitter, const Node& node) {
  ggml_tensor* a = emitter.input(node, 0);
  ggml_tensor* b = emitter.input(node, 1);
  if (node.integer("transA", 0) != 0) a = transposed(emitter, a);
  if (node.integer("transB", 0) == 0) b = transposed(emitter, b);
  const auto scaled = [&](ggml_tensor* tensor, double factor) {
    return factor == 1 ? tensor : ggml_scale(emitter.context(), tensor, static_cast<float>(factor));
  };
  // alpha where it has the least to do.
  const double alpha = node.real("alpha", 1);
  const bool inside = ggml_nelements(a) < a->ne[1] * b->ne[1];
  ggml_tensor* product = ggml_mul_mat(emitter.context(), b, inside ? scaled(a, alpha) : a);
  if (!inside) product = scaled(product, alpha);
  if (node.input(2) == kAbsent) return product;
  return ggml_add(emitter.context(), product, scaled(emitter.input(node, 2), node.real("beta", 1)));
}

}  // namespace

std::vector<Operator> matrix_operators() {
  return {
      {"Gemm", nullptr, gemm},
      {"Linear", nullptr, linear},
      {"MatMul", refuse_matmul, matmul},
  };
}

}  // namespace ggml_runner
