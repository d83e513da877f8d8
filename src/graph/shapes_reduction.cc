#include <algorithm>
#include <numeric>

#include "graph/rules.h"

namespace assay::graph {
namespace {

// Without axes: all of them, or none when the node says so.
Result<std::vector<size_t>> reduced_axes(const Call& call) {
  std::vector<int64_t> given;
  if (call.given(1)) {
    ASSAY_TRY(given, call.constant_integers(1));
  }
  if (!given.empty() || call.node().integer("noop_with_empty_axes", 0) != 0)
    return call.axes(given, call.rank(0));
  std::vector<size_t> all(call.rank(0));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

Types infer_softmax(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY([[maybe_unused]] const size_t axis, call.axis(call.node().integer("axis", -1), call.rank(0)));
  return one(call.dtype(0), call.shape(0));
}

Types infer_reduce(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  ASSAY_TRY(const std::vector<size_t> axes, reduced_axes(call));
  const bool keep = call.node().integer("keepdims", 1) != 0;
  Shape shape;
  for (size_t i = 0; i < call.rank(0); ++i) {
    const bool reduced = std::ranges::find(axes, i) != axes.end();
    if (!reduced || keep) shape.push_back(reduced ? 1 : call.shape(0)[i]);
  }
  return one(call.dtype(0), std::move(shape));
}

Types infer_reduce_floating(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  return infer_reduce(call);
}

Types infer_arg(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY(const size_t axis, call.axis(call.node().integer("axis", 0), call.rank(0)));
  Shape shape = call.shape(0);
  if (shape[axis] == 0) return call.error("{} is empty along axis {}", call.operand(0), axis);
  shape[axis] = 1;
  if (call.node().integer("keepdims", 1) == 0) shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return one(DType::i64, std::move(shape));
}

Types infer_cum_sum(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY(const std::vector<int64_t> axis, call.constant_integers(1));
  if (axis.size() != 1) return call.error("{} must be one number", call.operand(1));
  ASSAY_TRY([[maybe_unused]] const size_t found, call.axis(axis[0], call.rank(0)));
  return one(call.dtype(0), call.shape(0));
}

Types infer_top_k(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY(const size_t axis, call.axis(call.node().integer("axis", -1), call.rank(0)));
  ASSAY_TRY(const std::vector<int64_t> k, call.constant_integers(1));
  Shape shape = call.shape(0);
  if (k.size() != 1 || k[0] < 0 || k[0] > shape[axis])
    return call.error("{} is {}, expected one number of at most {}", call.operand(1), tensor::to_string(k),
                      shape[axis]);
  shape[axis] = k[0];
  return std::vector<TypedShape>{{call.dtype(0), shape}, {DType::i64, shape}};
}

Types infer_softmax_cross_entropy(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_rank(0, 2));
  ASSAY_TRY_VOID(call.need_index(1));
  const Shape& scores = call.shape(0);
  Shape labels = scores;
  labels.erase(labels.begin() + 1);
  ASSAY_TRY_VOID(call.need_shape(1, labels));
  if (call.given(2)) {
    ASSAY_TRY_VOID(call.need_same_type(0, 2));
    ASSAY_TRY_VOID(call.need_shape(2, {scores[1]}));
  }
  const bool reduced = call.node().text("reduction", "mean") != "none";
  return std::vector<TypedShape>{{call.dtype(0), reduced ? Shape() : labels}, {call.dtype(0), scores}};
}

}  // namespace assay::graph
