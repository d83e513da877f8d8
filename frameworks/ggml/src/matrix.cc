// Matrix products. ggml_mul_mat(a, b) with a of ne {k, n} and b of ne {k, m} gives {n, m}: both operands have
// the summed dimension innermost, as the weights of Linear do.
#include <algorithm>

#include "einsum.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::tensor::element_count;
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

// The operands of a MatMul as matrices, a vector as one of one row or column, of at most two more axes.
struct Matrices {
  Shape a, b;
  bool fits = true;
};

Shape batch_of(const Shape& shape) { return {shape.begin(), shape.end() - 2}; }

Shape with_matrix(Shape batch, const Shape& shape) {
  batch.insert(batch.end(), shape.end() - 2, shape.end());
  return batch;
}

Matrices matrices_of(const Graph& graph, const Node& node) {
  Shape a = shape_of(graph, node, 0), b = shape_of(graph, node, 1);
  if (a.size() == 1) a.insert(a.begin(), 1);
  if (b.size() == 1) b.push_back(1);
  if (std::max(a.size(), b.size()) <= GGML_MAX_DIMS) return {a, b};
  const Shape first = batch_of(a), second = batch_of(b);
  const int64_t count = element_count(first), other = element_count(second);
  return {with_matrix({count}, a), with_matrix({other}, b), first == second || count == 1 || other == 1};
}

std::string refuse_matmul(const Graph& graph, const Node& node, bool) {
  return matrices_of(graph, node).fits ? "" : "ggml repeats along four axes at most";
}

// ggml repeats the matrices of its first operand, which is our second.
ggml_tensor* repeated_matrices(Emitter& emitter, ggml_tensor* x, const ggml_tensor* other) {
  const int64_t ne2 = std::max(x->ne[2], other->ne[2]), ne3 = std::max(x->ne[3], other->ne[3]);
  if (ne2 == x->ne[2] && ne3 == x->ne[3]) return x;
  return ggml_repeat_4d(emitter.context(), x, x->ne[0], x->ne[1], ne2, ne3);
}

// In training ggml sums over repetitions of all matrices alone.
ggml_tensor* matmul(Emitter& emitter, const Node& node) {
  const Matrices matrices = matrices_of(emitter.graph(), node);
  ggml_tensor* a = emitter.reshaped(emitter.input(node, 0), matrices.a);
  ggml_tensor* b = emitter.reshaped(emitter.input(node, 1), matrices.b);
  a = repeated_matrices(emitter, a, b);
  if (emitter.gradients() && b->ne[2] != a->ne[2] && b->ne[3] != 1) b = repeated_matrices(emitter, b, a);
  return product(emitter, transposed(emitter, b), a, output_shape(emitter, node));
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
      {"Einsum", refuse_einsum, einsum, kAnyRank},
      {"Gemm", nullptr, gemm},
      {"Linear", nullptr, linear, kAnyRank},
      {"MatMul", refuse_matmul, matmul, kAnyRank},
  };
}

}  // namespace ggml_runner
