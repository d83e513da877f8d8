// A tensor: an element type, a shape, and bytes in row-major order. It either owns its bytes or views a
// mapped file; copies are shallow and share them. This is data at rest; arithmetic lives in reference/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace assay::tensor {

enum class DType : uint8_t { f32, f64, f16, bf16, i64, i32, boolean };

// Bytes of one element.
[[nodiscard]] size_t dtype_size(DType dtype);
// The name safetensors uses: "F32", "F64", "F16", "BF16", "I64", "I32", "BOOL".
[[nodiscard]] std::string_view dtype_name(DType dtype);
[[nodiscard]] std::optional<DType> dtype_from_name(std::string_view name);
[[nodiscard]] bool is_floating(DType dtype);

// The DType of a C++ scalar: dtype_of<float>() == DType::f32.
template <class T>
[[nodiscard]] constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::f32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::f64;
}
template <>
constexpr DType dtype_of<int64_t>() {
  return DType::i64;
}
template <>
constexpr DType dtype_of<int32_t>() {
  return DType::i32;
}
template <>
constexpr DType dtype_of<bool>() {
  return DType::boolean;
}

using Shape = std::vector<int64_t>;

// Product of the dimensions; 1 for a scalar (empty shape).
[[nodiscard]] int64_t element_count(const Shape& shape);
// "[1, 128, 576]".
[[nodiscard]] std::string to_string(const Shape& shape);

class Tensor {
 public:
  // An empty tensor: f32, shape [0].
  Tensor() : Tensor(DType::f32, {0}) {}
  // Zeros.
  Tensor(DType dtype, Shape shape);
  // Takes values; their number must be element_count(shape).
  template <class T>
  [[nodiscard]] static Tensor of(Shape shape, const std::vector<T>& values) {
    Tensor result(dtype_of<T>(), std::move(shape));
    auto target = result.mutable_data<T>();
    ASSAY_CHECK(target.size() == values.size(), "{} values for {}", values.size(), to_string(result.shape_));
    for (size_t i = 0; i < values.size(); ++i) target[i] = values[i];
    return result;
  }
  // A view of bytes that `owner` keeps alive. bytes.size() must fit dtype and shape.
  [[nodiscard]] static Tensor view(DType dtype, Shape shape, std::span<const std::byte> bytes,
                                   std::shared_ptr<const void> owner);

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] int64_t size() const { return element_count(shape_); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  // The elements; T must be the tensor's element type.
  template <class T>
  [[nodiscard]] std::span<const T> data() const {
    ASSAY_CHECK(dtype_of<T>() == dtype_, "tensor holds {}", dtype_name(dtype_));
    return {reinterpret_cast<const T*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }
  // The same for writing; the tensor must own its bytes.
  template <class T>
  [[nodiscard]] std::span<T> mutable_data() {
    ASSAY_CHECK(dtype_of<T>() == dtype_, "tensor holds {}", dtype_name(dtype_));
    const auto own = mutable_bytes();
    return {reinterpret_cast<T*>(own.data()), own.size() / sizeof(T)};
  }
  [[nodiscard]] std::span<std::byte> mutable_bytes();

 private:
  DType dtype_;
  Shape shape_;
  std::span<const std::byte> bytes_;
  std::shared_ptr<std::byte[]> owned_;  // one of the two keeps bytes_ alive
  std::shared_ptr<const void> mapped_owner_;
};

// Tensors by name, in the order of their names.
using TensorMap = std::map<std::string, Tensor>;

// The tensor with every element converted to `dtype` (floating to floating; exact when it widens, round to
// nearest even else). A tensor that has the type already is returned as it is.
[[nodiscard]] Tensor converted(const Tensor& tensor, DType dtype);

}  // namespace assay::tensor
