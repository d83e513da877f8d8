#include "emitter.h"

#include <algorithm>
#include <numeric>

namespace mlx_runner {

mx::Dtype mlx_dtype(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return mx::float32;
    case DType::f64:
      return mx::float64;
    case DType::f16:
      return mx::float16;
    case DType::bf16:
      return mx::bfloat16;
    case DType::i64:
      return mx::int64;
    case DType::i32:
      return mx::int32;
    case DType::boolean:
      return mx::bool_;
  }
  ASSAY_CHECK(false, "element type {}", static_cast<int>(dtype));
}

mx::Shape mlx_shape(const assay::tensor::Shape& shape) {
  mx::Shape result;
  for (const int64_t length : shape) result.push_back(static_cast<mx::ShapeElem>(length));
  return result;
}

array viewed(const Tensor& tensor) {
  auto* bytes = const_cast<std::byte*>(tensor.bytes().data());
  return array(bytes, mlx_shape(tensor.shape()), mlx_dtype(tensor.dtype()), [](void*) {});
}

array copied(const Tensor& tensor) {
  const auto bytes = tensor.bytes();
  auto memory = mx::allocator::malloc(bytes.size());
  std::copy_n(bytes.data(), bytes.size(), static_cast<std::byte*>(memory.buffer().raw_ptr()));
  return array(std::move(memory), mlx_shape(tensor.shape()), mlx_dtype(tensor.dtype()));
}

array channels_moved_last(const array& data) { return mx::moveaxis(data, 1, -1); }
array channels_moved_second(const array& data) { return mx::moveaxis(data, -1, 1); }

const Operand& Emitter::operand(ValueId id) {
  auto& found = operands_[static_cast<size_t>(id)];
  if (!found) {
    const Value& value = graph_.value(id);
    ASSAY_CHECK(value.role == assay::graph::Role::constant, "{} is used before it is computed", value.name);
    found = Operand{copied(value.data)};
  }
  return *found;
}

array Emitter::value(ValueId id) {
  const Operand& found = operand(id);
  return found.channels_last ? channels_moved_second(found.data) : found.data;
}

std::optional<array> Emitter::append(ValueId state, const array& fresh) {
  const auto found = caches_.find(state);
  if (found == caches_.end()) return std::nullopt;
  const auto& shape = found->second.shape();
  mx::Shape start(shape.size(), 0);
  start[2] = shape[2] - fresh.shape(2);
  found->second = mx::slice_update(found->second, fresh, start, shape);
  return found->second;
}

}  // namespace mlx_runner
