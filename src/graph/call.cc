#include "graph/call.h"

#include <algorithm>

namespace assay::graph {

using tensor::to_string;

std::unexpected<Error> Call::wrong(const std::string& what) const {
  return fail(ErrorKind::data, "node {} ({}): {}", node_.name, node_.op, what);
}

std::string Call::operand(size_t i) const {
  const Operand& rule = op_.inputs[std::min(i, op_.inputs.size() - 1)];
  return given(i) ? fmt::format("{} ({})", rule.name, value(i).name) : rule.name;
}

Result<> Call::need_rank(size_t i, size_t low, size_t high) const {
  if (rank(i) >= low && rank(i) <= high) return {};
  const std::string expected = low == high    ? fmt::format("{}", low)
                               : high >= 1000 ? fmt::format("at least {}", low)
                                              : fmt::format("{} to {}", low, high);
  return error("{} has shape {}, expected {} dimensions", operand(i), to_string(shape(i)), expected);
}

Result<> Call::need_shape(size_t i, const Shape& expected) const {
  if (shape(i) == expected) return {};
  return error("{} has shape {}, expected {}", operand(i), to_string(shape(i)), to_string(expected));
}

Result<> Call::need_type(size_t i, bool fits, std::string_view expected) const {
  if (fits) return {};
  return error("{} has type {}, expected {}", operand(i), tensor::dtype_name(dtype(i)), expected);
}

Result<> Call::need_floating(size_t i) const {
  return need_type(i, tensor::is_floating(dtype(i)), "a floating-point type");
}

Result<> Call::need_number(size_t i) const {
  return need_type(i, dtype(i) != DType::boolean, "a number type");
}

Result<> Call::need_index(size_t i) const {
  return need_type(i, dtype(i) == DType::i64 || dtype(i) == DType::i32, "I64 or I32");
}

Result<> Call::need_boolean(size_t i) const { return need_type(i, dtype(i) == DType::boolean, "BOOL"); }

Result<> Call::need_same_type(size_t i, size_t j) const {
  return need_type(j, dtype(i) == dtype(j),
                   fmt::format("{} like {}", tensor::dtype_name(dtype(i)), operand(i)));
}

Result<> Call::need_broadcast_to(size_t i, const Shape& target) const {
  if (broadcast(shape(i), target) == target) return {};
  return error("{} has shape {}, expected one that broadcasts to {}", operand(i), to_string(shape(i)),
               to_string(target));
}

Result<> Call::need_constant(size_t i) const {
  ASSAY_CHECK(op_.inputs[i].constant, "{} of {} is not marked as a constant", op_.inputs[i].name, op_.name);
  if (value(i).role == Role::constant) return {};
  return error("{} must be a constant", operand(i));
}

Result<std::vector<int64_t>> Call::constant_integers(size_t i) const {
  ASSAY_TRY_VOID(need_index(i));
  ASSAY_TRY_VOID(need_rank(i, 0, 1));
  ASSAY_TRY_VOID(need_constant(i));
  const Value& operand_value = value(i);
  if (operand_value.dtype == DType::i32) {
    const auto data = operand_value.data.data<int32_t>();
    return std::vector<int64_t>(data.begin(), data.end());
  }
  const auto data = operand_value.data.data<int64_t>();
  return std::vector<int64_t>(data.begin(), data.end());
}

Result<std::vector<float>> Call::constant_floats(size_t i) const {
  ASSAY_TRY_VOID(need_type(i, dtype(i) == DType::f32, "F32"));
  ASSAY_TRY_VOID(need_rank(i, 0, 1));
  ASSAY_TRY_VOID(need_constant(i));
  const auto data = value(i).data.data<float>();
  return std::vector<float>(data.begin(), data.end());
}

Result<size_t> Call::axis(int64_t axis, size_t rank) const {
  const auto limit = static_cast<int64_t>(rank);
  if (axis < -limit || axis >= limit)
    return error("axis {} lies outside a tensor of {} dimensions", axis, rank);
  return static_cast<size_t>(axis < 0 ? axis + limit : axis);
}

Result<std::vector<size_t>> Call::axes(const std::vector<int64_t>& axes, size_t rank) const {
  std::vector<size_t> result;
  for (const int64_t given_axis : axes) {
    ASSAY_TRY(const size_t found, axis(given_axis, rank));
    if (std::ranges::find(result, found) != result.end()) return error("axis {} is given twice", given_axis);
    result.push_back(found);
  }
  return result;
}

Result<Shape> Call::broadcast_inputs(size_t i, size_t j) const {
  if (auto common = broadcast(shape(i), shape(j))) return *std::move(common);
  return error("{} has shape {} and {} has shape {}, which do not broadcast", operand(i), to_string(shape(i)),
               operand(j), to_string(shape(j)));
}

}  // namespace assay::graph
