// A tensor as rows along one axis, with a stride when it is not the last.
#pragma once

#include "reference/kernel.h"

namespace assay::reference {

// Row r starts at (r / inner) * length * inner + r % inner and steps by `inner`.
struct Rows {
  int64_t count;
  int64_t length;
  int64_t inner;

  Rows(const Shape& shape, size_t axis)
      : count(product(shape, 0, axis) * product(shape, axis + 1, shape.size())),
        length(shape[axis]),
        inner(product(shape, axis + 1, shape.size())) {}
  [[nodiscard]] int64_t start(int64_t row) const { return row / inner * length * inner + row % inner; }
};

// Calls body(row) for all rows, on all workers.
template <class Body>
void for_each_row(Workers& workers, const Rows& rows, const Body& body) {
  workers.split(rows.count, grain_rows(rows.length), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row);
  });
}

}  // namespace assay::reference
