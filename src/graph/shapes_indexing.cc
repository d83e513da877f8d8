#include <algorithm>

#include "graph/rules.h"

namespace assay::graph {
namespace {

using tensor::to_string;

// Indices of rank r >= 1 whose last dimension addresses that many dimensions of the data, from `batch` on.
Result<size_t> index_depth(const Call& call, size_t batch) {
  ASSAY_TRY_VOID(call.need_index(1));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY_VOID(call.need_rank(1, batch + 1));
  const int64_t depth = call.shape(1).back();
  if (depth < 1 || depth > static_cast<int64_t>(call.rank(0) - batch))
    return call.error("{} has last dimension {}, expected 1 to {}", call.operand(1), depth,
                      call.rank(0) - batch);
  return static_cast<size_t>(depth);
}

// Dimensions `batch`..last-1 of the indices, then those of the data that the indices do not address.
Shape indexed_shape(const Call& call, size_t batch, size_t depth) {
  Shape shape(call.shape(1).begin(), call.shape(1).end() - 1);
  const Shape& data = call.shape(0);
  shape.insert(shape.end(), data.begin() + static_cast<std::ptrdiff_t>(batch + depth), data.end());
  return shape;
}

// Indices of the data's rank, no longer than the data but along `axis`.
Result<> check_element_indices(const Call& call) {
  ASSAY_TRY_VOID(call.need_index(1));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY_VOID(call.need_rank(1, call.rank(0), call.rank(0)));
  ASSAY_TRY(const size_t axis, call.axis(call.node().integer("axis", 0), call.rank(0)));
  for (size_t i = 0; i < call.rank(0); ++i)
    if (i != axis && call.shape(1)[i] > call.shape(0)[i])
      return call.error("{} has shape {}, longer than {} of {}", call.operand(1), to_string(call.shape(1)),
                        call.operand(0), to_string(call.shape(0)));
  return {};
}

}  // namespace

Types infer_gather(const Call& call) {
  ASSAY_TRY_VOID(call.need_index(1));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY(const size_t axis, call.axis(call.node().integer("axis", 0), call.rank(0)));
  const Shape& data = call.shape(0);
  const auto at = data.begin() + static_cast<std::ptrdiff_t>(axis);
  Shape shape(data.begin(), at);
  shape.insert(shape.end(), call.shape(1).begin(), call.shape(1).end());
  shape.insert(shape.end(), at + 1, data.end());
  return one(call.dtype(0), std::move(shape));
}

Types infer_gather_elements(const Call& call) {
  ASSAY_TRY_VOID(check_element_indices(call));
  return one(call.dtype(0), call.shape(1));
}

Types infer_gather_nd(const Call& call) {
  const int64_t batch = call.node().integer("batch_dims", 0);
  if (batch < 0 || batch >= static_cast<int64_t>(std::min(call.rank(0), call.rank(1))))
    return call.error("attribute batch_dims is {}, expected less than both ranks", batch);
  const auto batch_dims = static_cast<size_t>(batch);
  ASSAY_TRY(const size_t depth, index_depth(call, batch_dims));
  if (!std::equal(call.shape(0).begin(), call.shape(0).begin() + batch, call.shape(1).begin()))
    return call.error("the first {} dimensions of {} and {} differ", batch, call.operand(0), call.operand(1));
  return one(call.dtype(0), indexed_shape(call, batch_dims, depth));
}

Types infer_scatter_elements(const Call& call) {
  ASSAY_TRY_VOID(check_element_indices(call));
  ASSAY_TRY_VOID(call.need_same_type(0, 2));
  ASSAY_TRY_VOID(call.need_shape(2, call.shape(1)));
  return one(call.dtype(0), call.shape(0));
}

Types infer_scatter_nd(const Call& call) {
  ASSAY_TRY(const size_t depth, index_depth(call, 0));
  ASSAY_TRY_VOID(call.need_same_type(0, 2));
  ASSAY_TRY_VOID(call.need_shape(2, indexed_shape(call, 0, depth)));
  return one(call.dtype(0), call.shape(0));
}

Types infer_one_hot(const Call& call) {
  ASSAY_TRY_VOID(call.need_index(0));
  ASSAY_TRY(const std::vector<int64_t> depth, call.constant_integers(1));
  if (depth.size() != 1 || depth[0] < 0)
    return call.error("{} must be one number, not negative", call.operand(1));
  ASSAY_TRY_VOID(call.need_shape(2, {2}));
  ASSAY_TRY(const size_t axis, call.axis(call.node().integer("axis", -1), call.rank(0) + 1));
  Shape shape = call.shape(0);
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), depth[0]);
  return one(call.dtype(2), std::move(shape));
}

}  // namespace assay::graph
