#include "numbers.h"

#include <algorithm>
#include <cmath>

namespace ggml_runner {

using assay::tensor::DType;
using assay_runner::Tensor;

namespace {

template <class T>
Tensor floats_of(const Tensor& tensor) {
  Tensor result(DType::f32, tensor.shape());
  std::ranges::transform(tensor.data<T>(), result.mutable_data<float>().begin(),
                         [](T element) { return static_cast<float>(element); });
  return result;
}

template <class T>
Tensor from_floats(const Tensor& tensor) {
  Tensor result(assay::tensor::dtype_of<T>(), tensor.shape());
  std::ranges::transform(tensor.data<float>(), result.mutable_data<T>().begin(),
                         [](float element) { return static_cast<T>(element); });
  return result;
}

bool is_sure(float integer) { return std::abs(integer) <= static_cast<float>(kLargestInteger); }

}  // namespace

bool is_integer(DType dtype) { return dtype == DType::i64 || dtype == DType::i32; }

std::vector<int64_t> integers_of(const Tensor& tensor) {
  if (tensor.dtype() == DType::i64) return {tensor.data<int64_t>().begin(), tensor.data<int64_t>().end()};
  return {tensor.data<int32_t>().begin(), tensor.data<int32_t>().end()};
}

bool is_exact(const Tensor& tensor) {
  return !is_integer(tensor.dtype()) || std::ranges::all_of(integers_of(tensor), [](int64_t integer) {
    return std::abs(integer) <= kLargestInteger;
  });
}

Tensor as_float32(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::i64:
      return floats_of<int64_t>(tensor);
    case DType::i32:
      return floats_of<int32_t>(tensor);
    case DType::boolean:
      return floats_of<bool>(tensor);
    default:
      return tensor;
  }
}

assay::Result<Tensor> as_type(const Tensor& tensor, DType dtype) {
  if (dtype == DType::f32) return tensor;
  if (dtype == DType::boolean) return from_floats<bool>(tensor);
  if (!std::ranges::all_of(tensor.data<float>(), is_sure))
    return assay::fail(assay::ErrorKind::data,
                       "an integer is beyond 2^24, which ggml's float32 does not count exactly");
  return dtype == DType::i64 ? from_floats<int64_t>(tensor) : from_floats<int32_t>(tensor);
}

}  // namespace ggml_runner
