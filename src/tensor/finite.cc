#include "tensor/finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::tensor {
namespace {

// Elements that are looked at together, without a branch for each.
constexpr size_t kPiece = 4096;

template <class T>
bool is_finite(std::span<const T> values) {
  bool all = true;
  for (const T value : values) all = all && std::abs(value) <= std::numeric_limits<T>::max();
  return all;
}

Shape place_of(size_t index, const Shape& shape) {
  Shape place(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    const auto length = static_cast<size_t>(shape[i]);
    place[i] = static_cast<int64_t>(index % length);
    index /= length;
  }
  return place;
}

template <class T>
std::optional<std::string> first_in(const Tensor& tensor) {
  const auto values = tensor.data<T>();
  for (size_t at = 0; at < values.size(); at += kPiece) {
    const auto piece = values.subspan(at, std::min(kPiece, values.size() - at));
    if (is_finite(piece)) continue;
    const auto found = std::ranges::find_if(piece, [](T value) { return !std::isfinite(value); });
    const size_t index = at + static_cast<size_t>(found - piece.begin());
    return fmt::format("{} is {}", to_string(place_of(index, tensor.shape())), *found);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> first_not_finite(const Tensor& tensor) {
  if (!is_floating(tensor.dtype())) return std::nullopt;
  if (tensor.dtype() == DType::f64) return first_in<double>(tensor);
  return first_in<float>(converted(tensor, DType::f32));
}

std::optional<std::string> first_not_finite(const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors)
    if (auto found = first_not_finite(tensor)) return name + *found;
  return std::nullopt;
}

}  // namespace assay::tensor
