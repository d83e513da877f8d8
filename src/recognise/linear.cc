// A matrix product with a weight: MatMul, with or without an Add behind it, or Gemm. Exporters keep the
// weight as [in, out] or as [out, in]; Linear has the latter.
#include "recognise/rules.h"

namespace assay::recognise {
namespace {

using graph::Role;

bool is_weight(const View& view, ValueId id) {
  return id != kAbsent && view.value(id).role == Role::parameter && view.shape(id).size() == 2;
}

bool is_bias(const View& view, ValueId id, int64_t out) {
  return id != kAbsent && view.value(id).role == Role::parameter && view.shape(id) == Shape{out};
}

// X and W of MatMul(X, W).
bool is_product(const View& view, const Node* node) {
  return node != nullptr && is_weight(view, node->inputs[1]) && view.shape(node->inputs[0]).size() >= 2;
}

Result<bool> product(const View& view, const Node& root, Emitter& to) {
  if (!is_product(view, &root)) return false;
  ASSAY_TRY(const ValueId weight, to.transposed(root.inputs[1]));
  ASSAY_TRY_VOID(to.finish(root, "Linear", {root.inputs[0], weight}));
  return true;
}

Result<bool> biased_product(const View& view, const Node& root, Emitter& to) {
  for (const size_t i : {0, 1}) {
    const Node* matmul = view.made_by(root.inputs[i], "MatMul");
    if (!is_product(view, matmul) || !is_bias(view, root.inputs[1 - i], view.shape(matmul->inputs[1])[1]))
      continue;
    ASSAY_TRY(const ValueId weight, to.transposed(matmul->inputs[1]));
    ASSAY_TRY_VOID(to.finish(root, "Linear", {matmul->inputs[0], weight, root.inputs[1 - i]}));
    return true;
  }
  return false;
}

Result<bool> gemm(const View& view, const Node& root, Emitter& to) {
  const bool plain =
      root.real("alpha", 1) == 1 && root.real("beta", 1) == 1 && root.integer("transA", 0) == 0;
  if (!plain || !is_weight(view, root.inputs[1])) return false;
  const bool as_wanted = root.integer("transB", 0) != 0;
  const int64_t out = view.shape(root.inputs[1])[as_wanted ? 0 : 1];
  if (root.input(2) != kAbsent && !is_bias(view, root.input(2), out)) return false;
  ValueId weight = root.inputs[1];
  if (!as_wanted) {
    ASSAY_TRY(weight, to.transposed(weight));
  }
  ASSAY_TRY_VOID(to.finish(root, "Linear", {root.inputs[0], weight, root.input(2)}));
  return true;
}

}  // namespace

Result<bool> linear(const View& view, const Node& root, Emitter& to) {
  if (root.op == "MatMul") return product(view, root, to);
  if (root.op == "Add") return biased_product(view, root, to);
  if (root.op == "Gemm") return gemm(view, root, to);
  return false;
}

}  // namespace assay::recognise
