// Operators that work element by element: where an operand has its channels last, all of them are turned so.
#pragma once

#include <algorithm>

#include "call.h"

namespace mlx_runner {

using Arrays = std::vector<array>;

// An operand of fewer axes, or of the same number, as it meets one of `rank` axes with its channels last.
[[nodiscard]] inline array turned(const array& data, int rank) {
  if (data.size() == 1) return mx::reshape(data, {});
  array full = data;
  while (static_cast<int>(full.ndim()) < rank) full = mx::expand_dims(full, 0);
  return channels_moved_last(full);
}

// Calls `function` with all operands in one order and sets the first output. One that is not given is some
// scalar.
template <class Function>
void by_element(const Call& call, Function function) {
  const size_t count = call.node().inputs.size();
  int rank = 0;
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    if (!call.given(i)) continue;
    rank = std::max(rank, call.rank(i));
    any = any || call.is_image(i);
  }
  Arrays operands;
  for (size_t i = 0; i < count; ++i) {
    if (!call.given(i))
      operands.push_back(array(0));
    else if (!any)
      operands.push_back(call.x(i));
    else
      operands.push_back(call.is_image(i) && call.rank(i) == rank ? call.image(i) : turned(call.x(i), rank));
  }
  array result = function(operands);
  if (any)
    call.set_image(0, result);
  else
    call.set(0, result);
}

template <array (*kFunction)(const array&, mx::StreamOrDevice)>
void unary(const Call& call) {
  by_element(call, [](const Arrays& x) { return kFunction(x[0], {}); });
}

}  // namespace mlx_runner
