// Sums over several axes.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "emitter.h"

namespace mlx_runner {

// One axis after the other, the last one first; the axes stay, with one element. All at once MLX adds number
// after number on a processor, and loses a digit where there are thousands.
[[nodiscard]] inline array total(const array& x, std::vector<int> axes) {
  std::ranges::sort(axes, std::greater());
  array result = x;
  for (const int axis : axes) result = mx::sum(result, axis, true);
  return mx::astype(result, x.dtype());
}

// Of all elements: a scalar.
[[nodiscard]] inline array total(const array& x) {
  array result = x;
  while (result.ndim() > 0) result = mx::sum(result, -1);
  return mx::astype(result, x.dtype());
}

}  // namespace mlx_runner
