// Matrix products. ggml_mul_mat(a, b) with a of ne {k, n} and b of ne {k, m} gives {n, m}: both operands have
// the summed dimension innermost, as the weights of Linear do.
#include "operators.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::tensor::Shape;

ggml_tensor* transposed(Emitter& emitter, ggml_tensor* matrix) {
  return ggml_cont(emitter.context(), ggml_transpose(emitter.context(), matrix));
}

// x [.., in], W [out, in]. All leading dimensions of x are rows.
ggml_tensor* linear(Emitter& emitter, const Node& node) {
  ggml_tensor* product = ggml_mul_mat(emitter.context(), emitter.input(node, 1), emitter.input(node, 0));
  if (node.input(2) == kAbsent) return product;
  return ggml_add(emitter.context(), product, emitter.input(node, 2));
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
  return ggml_mul_mat(emitter.context(), transposed(emitter, emitter.input(node, 1)), emitter.input(node, 0));
}

ggml_tensor* gemm(Emitter& emitter, const Node& node) {
  ggml_tensor* a = emitter.input(node, 0);
  ggml_tensor* b = emitter.input(node, 1);
  if (node.integer("transA", 0) != 0) a = transposed(emitter, a);
  if (node.integer("transB", 0) == 0) b = transposed(emitter, b);
  ggml_tensor* product = ggml_mul_mat(emitter.context(), b, a);
  const auto scaled = [&](ggml_tensor* tensor, double factor) {
    return factor == 1 ? tensor : ggml_scale(emitter.context(), tensor, static_cast<float>(factor));
  };
  product = scaled(product, node.real("alpha", 1));
  if (node.input(2) == kAbsent) return product;
  return ggml_add(emitter.context(), product, scaled(emitter.input(node, 2), node.real("beta", 1)));
}

// Rows of a table by index.
std::string refuse_gather(const Graph& graph, const Node& node, bool) {
  if (node.integer("axis", 0) != 0) return "ggml's get_rows takes rows: axis 0";
  if (graph.value(node.inputs[1]).dtype != assay::tensor::DType::i64) return "indices must be I64";
  return {};
}

ggml_tensor* gather(Emitter& emitter, const Node& node) {
  const auto& table = emitter.graph().value(node.inputs[0]).shape;
  const auto& indices = emitter.graph().value(node.inputs[1]).shape;
  const int64_t count = assay::tensor::element_count(indices);
  const Shape matrix = {table[0], assay::tensor::element_count(table) / table[0]};
  ggml_tensor* rows = ggml_get_rows(emitter.context(), emitter.reshaped(emitter.input(node, 0), matrix),
                                    emitter.reshaped(emitter.input(node, 1), {count}));
  return emitter.reshaped(rows, emitter.graph().value(node.outputs[0]).shape);
}

}  // namespace

std::vector<Operator> matrix_operators() {
  return {
      {"Gather", refuse_gather, gather},
      {"Gemm", nullptr, gemm},
      {"Linear", nullptr, linear},
      {"MatMul", refuse_matmul, matmul},
  };
}

}  // namespace ggml_runner
