#include <array>

#include "graph/rules.h"

namespace assay::graph {
namespace {

// Numpy broadcasting over all inputs, which have one type.
Types broadcast_all(const Call& call, std::optional<DType> result) {
  Shape shape = call.shape(0);
  for (size_t i = 1; i < call.inputs(); ++i) {
    ASSAY_TRY_VOID(call.need_same_type(0, i));
    auto common = broadcast(shape, call.shape(i));
    if (!common)
      return call.error("{} has shape {}, which does not broadcast with {}", call.operand(i),
                        tensor::to_string(call.shape(i)), tensor::to_string(shape));
    shape = *std::move(common);
  }
  return one(result.value_or(call.dtype(0)), std::move(shape));
}

// TensorProto.DataType of the ONNX standard.
std::optional<DType> from_onnx_type(int64_t code) {
  switch (code) {
    case 1:
      return DType::f32;
    case 6:
      return DType::i32;
    case 7:
      return DType::i64;
    case 9:
      return DType::boolean;
    case 10:
      return DType::f16;
    case 11:
      return DType::f64;
    case 16:
      return DType::bf16;
    default:
      return std::nullopt;
  }
}

}  // namespace

Types infer_identity(const Call& call) { return one(call.dtype(0), call.shape(0)); }

Types infer_number_unary(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  return infer_identity(call);
}

Types infer_floating_unary(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  return infer_identity(call);
}

Types infer_not(const Call& call) {
  ASSAY_TRY_VOID(call.need_boolean(0));
  return infer_identity(call);
}

Types infer_arithmetic(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  return broadcast_all(call, std::nullopt);
}

Types infer_pow(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  ASSAY_TRY_VOID(call.need_number(1));
  ASSAY_TRY(Shape shape, call.broadcast_inputs(0, 1));
  return one(call.dtype(0), std::move(shape));
}

Types infer_comparison(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  return broadcast_all(call, DType::boolean);
}

Types infer_equal(const Call& call) { return broadcast_all(call, DType::boolean); }

Types infer_logical(const Call& call) {
  ASSAY_TRY_VOID(call.need_boolean(0));
  return broadcast_all(call, DType::boolean);
}

Types infer_extremum(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  return broadcast_all(call, std::nullopt);
}

Types infer_where(const Call& call) {
  ASSAY_TRY_VOID(call.need_boolean(0));
  ASSAY_TRY_VOID(call.need_same_type(1, 2));
  ASSAY_TRY(const Shape both, call.broadcast_inputs(1, 2));
  auto shape = broadcast(call.shape(0), both);
  if (!shape)
    return call.error("{} has shape {}, which does not broadcast with {}", call.operand(0),
                      tensor::to_string(call.shape(0)), tensor::to_string(both));
  return one(call.dtype(1), *std::move(shape));
}

Types infer_cast(const Call& call) {
  const int64_t code = call.node().integer("to", 0);
  const auto target = from_onnx_type(code);
  if (!target)
    return call.error(
        "attribute to is {}, expected 1 (F32), 6 (I32), 7 (I64), 9 (BOOL), 10 (F16), 11 (F64) or 16 (BF16)",
        code);
  return one(*target, call.shape(0));
}

// Each limit is one number.
Types infer_clip(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  for (const size_t i : {1, 2}) {
    if (!call.given(i)) continue;
    ASSAY_TRY_VOID(call.need_same_type(0, i));
    if (tensor::element_count(call.shape(i)) != 1)
      return call.error("{} has shape {}, expected one element", call.operand(i),
                        tensor::to_string(call.shape(i)));
  }
  return infer_identity(call);
}

Types infer_prelu(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  ASSAY_TRY_VOID(call.need_same_type(0, 1));
  ASSAY_TRY_VOID(call.need_broadcast_to(1, call.shape(0)));
  return infer_identity(call);
}

// The sign of the remainder is the divisor's, or with fmod the dividend's; of floating numbers only that.
Types infer_mod(const Call& call) {
  ASSAY_TRY_VOID(call.need_number(0));
  if (tensor::is_floating(call.dtype(0)) && call.node().integer("fmod", 0) == 0)
    return call.error("{} is floating, so attribute fmod must be 1", call.operand(0));
  return broadcast_all(call, std::nullopt);
}

Types infer_mean(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  return broadcast_all(call, std::nullopt);
}

Types infer_floating_test(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  return one(DType::boolean, call.shape(0));
}

}  // namespace assay::graph
