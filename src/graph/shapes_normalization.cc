#include "graph/rules.h"

namespace assay::graph {
namespace {

// The dimensions of X from `axis` on: those normalised over.
Result<Shape> normalized_shape(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY(const size_t axis, call.axis(call.node().integer("axis", -1), call.rank(0)));
  const Shape& x = call.shape(0);
  return Shape(x.begin() + static_cast<std::ptrdiff_t>(axis), x.end());
}

// Inputs first..last hold one number a channel of X.
Result<> check_channels(const Call& call, size_t first, size_t last) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_rank(0, 2));
  for (size_t i = first; i <= last; ++i) {
    ASSAY_TRY_VOID(call.need_same_type(0, i));
    ASSAY_TRY_VOID(call.need_shape(i, {call.shape(0)[1]}));
  }
  return {};
}

}  // namespace

Types infer_rms_normalization(const Call& call) {
  ASSAY_TRY(const Shape normalized, normalized_shape(call));
  ASSAY_TRY_VOID(call.need_same_type(0, 1));
  ASSAY_TRY_VOID(call.need_broadcast_to(1, normalized));
  return one(call.dtype(0), call.shape(0));
}

Types infer_layer_normalization(const Call& call) {
  ASSAY_TRY(const Shape normalized, normalized_shape(call));
  for (size_t i = 1; i <= 2; ++i) {
    if (!call.given(i)) continue;
    ASSAY_TRY_VOID(call.need_same_type(0, i));
    ASSAY_TRY_VOID(call.need_broadcast_to(i, normalized));
  }
  Shape statistic = call.shape(0);
  for (size_t i = statistic.size() - normalized.size(); i < statistic.size(); ++i) statistic[i] = 1;
  const DType dtype = call.dtype(0);
  return std::vector<TypedShape>{{dtype, call.shape(0)}, {dtype, statistic}, {dtype, statistic}};
}

Types infer_group_normalization(const Call& call) {
  ASSAY_TRY_VOID(check_channels(call, 1, 2));
  const int64_t groups = call.node().integer("num_groups", 0);
  if (groups <= 0 || call.shape(0)[1] % groups != 0)
    return call.error("{} channels do not divide into {} groups", call.shape(0)[1], groups);
  return one(call.dtype(0), call.shape(0));
}

Types infer_batch_normalization(const Call& call) {
  ASSAY_TRY_VOID(check_channels(call, 1, 4));
  if (call.node().integer("training_mode", 0) != 0)
    return call.error("attribute training_mode must be 0: only the inference form is supported");
  return one(call.dtype(0), call.shape(0));
}

Types infer_instance_normalization(const Call& call) {
  ASSAY_TRY_VOID(check_channels(call, 1, 2));
  ASSAY_TRY_VOID(call.need_rank(0, 3));
  return one(call.dtype(0), call.shape(0));
}

Types infer_lp_normalization(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY([[maybe_unused]] const size_t axis, call.axis(call.node().integer("axis", -1), call.rank(0)));
  const int64_t p = call.node().integer("p", 2);
  if (p != 1 && p != 2) return call.error("attribute p is {}, expected 1 or 2", p);
  return one(call.dtype(0), call.shape(0));
}

Types infer_lrn(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_rank(0, 3));
  const int64_t size = call.node().integer("size", 0);
  if (size < 1) return call.error("attribute size is {}, expected 1 or more", size);
  return one(call.dtype(0), call.shape(0));
}

}  // namespace assay::graph
