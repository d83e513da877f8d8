#include "graph/rules.h"

namespace assay::graph {

using tensor::to_string;

Types infer_linear(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_same_type(0, 1));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY_VOID(call.need_rank(1, 2, 2));
  const int64_t in = call.shape(0).back();
  const int64_t out = call.shape(1)[0];
  ASSAY_TRY_VOID(call.need_shape(1, {out, in}));
  if (call.given(2)) {
    ASSAY_TRY_VOID(call.need_same_type(0, 2));
    ASSAY_TRY_VOID(call.need_shape(2, {out}));
  }
  Shape shape = call.shape(0);
  shape.back() = out;
  return one(call.dtype(0), std::move(shape));
}

// numpy.matmul: a vector on the left is a row, on the right a column, and its dimension disappears again.
Types infer_matmul(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  ASSAY_TRY_VOID(call.need_same_type(0, 1));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY_VOID(call.need_rank(1, 1));
  Shape a = call.shape(0);
  Shape b = call.shape(1);
  const bool row = a.size() == 1;
  const bool column = b.size() == 1;
  if (row) a.insert(a.begin(), 1);
  if (column) b.push_back(1);
  const auto batch = broadcast(Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
  if (a.back() != b[b.size() - 2] || !batch)
    return call.error("{} has shape {} and {} has shape {}, which cannot be multiplied", call.operand(0),
                      to_string(call.shape(0)), call.operand(1), to_string(call.shape(1)));
  Shape shape = *batch;
  if (!row) shape.push_back(a[a.size() - 2]);
  if (!column) shape.push_back(b.back());
  return one(call.dtype(0), std::move(shape));
}

Types infer_gemm(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  ASSAY_TRY_VOID(call.need_same_type(0, 1));
  ASSAY_TRY_VOID(call.need_rank(0, 2, 2));
  ASSAY_TRY_VOID(call.need_rank(1, 2, 2));
  const bool trans_a = call.node().integer("transA", 0) != 0;
  const bool trans_b = call.node().integer("transB", 0) != 0;
  const int64_t m = call.shape(0)[trans_a ? 1 : 0];
  const int64_t k = call.shape(0)[trans_a ? 0 : 1];
  const int64_t n = call.shape(1)[trans_b ? 0 : 1];
  ASSAY_TRY_VOID(call.need_shape(1, trans_b ? Shape{n, k} : Shape{k, n}));
  if (call.given(2)) {
    ASSAY_TRY_VOID(call.need_same_type(0, 2));
    ASSAY_TRY_VOID(call.need_broadcast_to(2, {m, n}));
  }
  return one(call.dtype(0), {m, n});
}

}  // namespace assay::graph
