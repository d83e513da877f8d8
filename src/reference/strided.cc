#include "reference/strided.h"

#include <algorithm>
#include <cstring>

#include "reference/kernel.h"

namespace assay::reference {
namespace {

struct Dim {
  int64_t size;
  int64_t from;
  int64_t to;
};

// The dimensions without those of size 1, outermost destination first, and with those joined that run on in
// both places.
std::vector<Dim> simplified(const StridedCopy& copy) {
  std::vector<Dim> dims;
  for (size_t d = 0; d < copy.dims.size(); ++d)
    if (copy.dims[d] != 1) dims.push_back({copy.dims[d], copy.from_steps[d], copy.to_steps[d]});
  std::ranges::sort(dims, [](const Dim& a, const Dim& b) { return a.to > b.to; });
  std::vector<Dim> joined;
  for (const Dim& dim : dims) {
    if (!joined.empty() && joined.back().from == dim.from * dim.size && joined.back().to == dim.to * dim.size)
      joined.back() = {joined.back().size * dim.size, dim.from, dim.to};
    else
      joined.push_back(dim);
  }
  if (joined.empty()) joined.push_back({1, 1, 1});
  return joined;
}

template <class E>
void copy_row(const E* from, int64_t from_step, E* to, int64_t to_step, int64_t count) {
  if (from_step == 1 && to_step == 1)
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(E));
  else if (from_step == 0 && to_step == 1)
    std::fill_n(to, count, *from);
  else
    for (int64_t i = 0; i < count; ++i) to[i * to_step] = from[i * from_step];
}

// One [rows, columns] plane. When the source runs along the rows, small tiles keep both sides in the cache.
template <class E>
void copy_plane(const Dim& row, const Dim& column, const E* from, E* to) {
  constexpr int64_t kTile = 32;
  const int64_t width = row.from == 1 && column.from != 1 ? kTile : column.size;
  const int64_t height = width == kTile ? kTile : row.size;
  for (int64_t r0 = 0; r0 < row.size; r0 += height)
    for (int64_t c0 = 0; c0 < column.size; c0 += width)
      for (int64_t r = r0; r < std::min(row.size, r0 + height); ++r)
        copy_row(from + r * row.from + c0 * column.from, column.from, to + r * row.to + c0 * column.to,
                 column.to, std::min(width, column.size - c0));
}

// The copy with element type E: planes of two dimensions, one for every index of the others.
template <class E>
void copy_elements(Workers& workers, std::vector<Dim> dims, const E* from, E* to) {
  // The plane's rows are the dimension along which the source runs, if that is not the innermost.
  const Dim column = dims.back();
  dims.pop_back();
  const auto source = std::ranges::find_if(dims, [](const Dim& dim) { return dim.from == 1; });
  Dim row{1, 0, 0};
  if (!dims.empty()) {
    const auto chosen = source != dims.end() ? source : dims.end() - 1;
    row = *chosen;
    dims.erase(chosen);
  }
  int64_t planes = 1;
  for (const Dim& dim : dims) planes *= dim.size;
  const auto plane_at = [&](int64_t index, Dim part, int64_t first_row) {
    const E* source_at = from + first_row * row.from;
    E* target_at = to + first_row * row.to;
    for (size_t d = dims.size(); d-- > 0;) {
      source_at += index % dims[d].size * dims[d].from;
      target_at += index % dims[d].size * dims[d].to;
      index /= dims[d].size;
    }
    copy_plane(part, column, source_at, target_at);
  };
  // Split over planes, or over the rows of a single one.
  if (planes > 1) {
    workers.split(planes, grain_rows(row.size * column.size), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) plane_at(plane, row, 0);
    });
  } else {
    workers.split(row.size, grain_rows(column.size),
                  [&](int64_t begin, int64_t end) { plane_at(0, {end - begin, row.from, row.to}, begin); });
  }
}

}  // namespace

void strided_copy(Workers& workers, const StridedCopy& copy, const std::byte* from, std::byte* to,
                  size_t bytes) {
  if (tensor::element_count(copy.dims) == 0) return;
  const auto dims = simplified(copy);
  if (bytes == 1)
    copy_elements(workers, dims, reinterpret_cast<const uint8_t*>(from), reinterpret_cast<uint8_t*>(to));
  else if (bytes == 4)
    copy_elements(workers, dims, reinterpret_cast<const uint32_t*>(from), reinterpret_cast<uint32_t*>(to));
  else
    copy_elements(workers, dims, reinterpret_cast<const uint64_t*>(from), reinterpret_cast<uint64_t*>(to));
}

Shape contiguous_steps(const Shape& shape) {
  Shape steps(shape.size());
  int64_t step = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    steps[d] = step;
    step *= shape[d];
  }
  return steps;
}

Array permuted(Workers& workers, Arena& arena, const Array& array, const std::vector<size_t>& order) {
  const Shape steps = contiguous_steps(array.shape());
  StridedCopy copy;
  for (const size_t axis : order) {
    copy.dims.push_back(array.shape()[axis]);
    copy.from_steps.push_back(steps[axis]);
  }
  copy.to_steps = contiguous_steps(copy.dims);
  Array result(arena, array.storage(), copy.dims);
  strided_copy(workers, copy, array.bytes(), result.mutable_bytes(), array.element_bytes());
  return result;
}

}  // namespace assay::reference
