// Indices that come from data: checked, and counted from the start where they were negative.
#pragma once

#include "reference/array.h"

namespace assay::reference {

// Indices counted from the start. Fails on one outside [-size, size).
[[nodiscard]] inline Result<std::vector<int64_t>> positive_indices(const int64_t* indices, int64_t count,
                                                                   int64_t size) {
  std::vector<int64_t> result(indices, indices + count);
  for (int64_t& index : result) {
    if (index < -size || index >= size)
      return fail(ErrorKind::data, "index {} lies outside an axis of {}", index, size);
    if (index < 0) index += size;
  }
  return result;
}

// Where the element lies that a tuple of indices, one for each of the first `depth` axes, addresses.
[[nodiscard]] inline Result<int64_t> place_of(const int64_t* index, const Shape& shape, const Shape& steps,
                                              size_t depth) {
  int64_t at = 0;
  for (size_t d = 0; d < depth; ++d) {
    if (index[d] < -shape[d] || index[d] >= shape[d])
      return fail(ErrorKind::data, "index {} lies outside axis {} of {}", index[d], d, shape[d]);
    at += (index[d] < 0 ? index[d] + shape[d] : index[d]) * steps[d];
  }
  return at;
}

}  // namespace assay::reference
