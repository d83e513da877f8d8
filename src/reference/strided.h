// Copying elements between strided places: every operator that only moves data (Transpose, Expand, Slice,
// Concat ...) is one such copy.
#pragma once

#include <cstddef>

#include "reference/array.h"
#include "reference/workers.h"

namespace assay::reference {

// to[sum index_d * to_steps_d] = from[sum index_d * from_steps_d] for all indices below `dims`; steps in
// elements of `bytes` bytes (1, 4 or 8), a step of 0 in `from` repeats. Places in `to` must differ.
struct StridedCopy {
  Shape dims;
  Shape from_steps;
  Shape to_steps;
};
void strided_copy(Workers& workers, const StridedCopy& copy, const std::byte* from, std::byte* to,
                  size_t bytes);

// Steps of a contiguous row-major tensor.
[[nodiscard]] Shape contiguous_steps(const Shape& shape);

// The tensor with its axes in another order: result axis i is axis order[i].
[[nodiscard]] Array permuted(Workers& workers, Arena& arena, const Array& array,
                             const std::vector<size_t>& order);

}  // namespace assay::reference
