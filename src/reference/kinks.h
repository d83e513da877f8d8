// Where a gradient jumps: how near to a kink an element must lie for rounding to decide its side.
#pragma once

#include <cmath>

#include "reference/kernel.h"
#include "reference/sums.h"

namespace assay::reference {

// The distance within which elements of input i are ambiguous: Options::kink_width times their RMS.
template <class T>
[[nodiscard]] T kink_width(KernelContext<T>& c, size_t i) {
  const T* x = c.real(i);
  const int64_t count = c.input(i).size();
  if (count == 0) return 0;
  const T square =
      blocked_sum<T>(count, 0, [&](int64_t at) { return x[at] * x[at]; }) / static_cast<T>(count);
  return static_cast<T>(c.execution().kink_width) * std::sqrt(square);
}

}  // namespace assay::reference
