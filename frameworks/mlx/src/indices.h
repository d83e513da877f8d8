// Looking up rows whose places are known before a step.
#pragma once

#include <vector>

#include "emitter.h"

namespace mlx_runner {

// The rows `places` of an axis.
[[nodiscard]] inline array taken(const array& x, const std::vector<int32_t>& places, int axis) {
  return mx::take(x, array(places.begin(), {static_cast<int>(places.size())}), axis);
}

// 0, 1, ... along `axis` of `rank` axes: shape [1, ..., length, ..., 1].
[[nodiscard]] inline array counted_along(int axis, int rank, int length, mx::Dtype dtype) {
  mx::Shape shape(static_cast<size_t>(rank), 1);
  shape[static_cast<size_t>(axis)] = length;
  return mx::reshape(mx::arange(0, length, 1, dtype), shape);
}

}  // namespace mlx_runner
