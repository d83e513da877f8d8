// Operators that repeat, rearrange or blank out parts of a tensor: Tile, DepthToSpace, SpaceToDepth, Trilu,
// ReverseSequence. Bytes are copied as they are.
#include <cstring>

#include "reference/kernel.h"
#include "reference/strided.h"

namespace assay::reference {
namespace {

// A dimension of the result is so many repetitions of one of the operand.
template <class T>
Result<> tile(KernelContext<T>& c) {
  const Shape& in = c.shape(0);
  const std::vector<int64_t> repeats = c.list(1);
  const Shape from = contiguous_steps(in), to = contiguous_steps(c.out_shape(0));
  StridedCopy copy;
  for (size_t d = 0; d < in.size(); ++d) {
    copy.dims.insert(copy.dims.end(), {repeats[d], in[d]});
    copy.from_steps.insert(copy.from_steps.end(), {0, from[d]});
    copy.to_steps.insert(copy.to_steps.end(), {in[d] * to[d], to[d]});
  }
  std::byte* result = c.out_bytes(0, 0);
  if (tensor::element_count(c.out_shape(0)) > 0)
    strided_copy(c.workers(), copy, c.input(0).bytes(), result, c.input(0).element_bytes());
  return {};
}

// The operand under another shape, its axes in another order, as the result.
template <class T>
Result<> rearranged(KernelContext<T>& c, Shape split, const std::vector<size_t>& order) {
  const Array parts = c.input(0).reshaped(std::move(split));
  c.set(0, permuted(c.workers(), c.arena(), parts, order).reshaped(c.out_shape(0)));
  return {};
}

template <class T>
Result<> depth_to_space(KernelContext<T>& c) {
  const int64_t block = c.node().integer("blocksize", 1);
  const Shape &x = c.shape(0), &y = c.out_shape(0);
  if (c.node().text("mode", "DCR") == "CRD")
    return rearranged(c, {x[0], y[1], block, block, x[2], x[3]}, {0, 1, 4, 2, 5, 3});
  return rearranged(c, {x[0], block, block, y[1], x[2], x[3]}, {0, 3, 4, 1, 5, 2});
}

template <class T>
Result<> space_to_depth(KernelContext<T>& c) {
  const int64_t block = c.node().integer("blocksize", 1);
  const Shape &x = c.shape(0), &y = c.out_shape(0);
  return rearranged(c, {x[0], x[1], y[2], block, y[3], block}, {0, 3, 5, 1, 2, 4});
}

// The upper triangle from diagonal k on, or the lower one up to it; zeros elsewhere.
template <class T>
Result<> trilu(KernelContext<T>& c) {
  const Shape& shape = c.shape(0);
  const int64_t rows = shape[shape.size() - 2], columns = shape.back();
  const int64_t k = c.list(1, {0})[0];
  const bool upper = c.node().integer("upper", 1) != 0;
  const size_t bytes = c.input(0).element_bytes();
  const std::byte* from = c.input(0).bytes();
  std::byte* to = c.out_bytes(0, 0);
  const int64_t count = product(shape, 0, shape.size() - 1);
  for (int64_t row = 0; row < count; ++row) {
    const int64_t diagonal = std::clamp<int64_t>(row % rows + k + (upper ? 0 : 1), 0, columns);
    const int64_t begin = upper ? diagonal : 0, end = upper ? columns : diagonal;
    std::memset(to, 0, static_cast<size_t>(columns) * bytes);
    std::memcpy(to + static_cast<size_t>(begin) * bytes, from + static_cast<size_t>(begin) * bytes,
                static_cast<size_t>(end - begin) * bytes);
    from += static_cast<size_t>(columns) * bytes;
    to += static_cast<size_t>(columns) * bytes;
  }
  return {};
}

// The first steps of each entry of the batch turned round, as many as it is long.
template <class T>
Result<> reverse_sequence(KernelContext<T>& c) {
  const Shape& shape = c.shape(0);
  const bool time_first = c.node().integer("time_axis", 0) == 0;
  const int64_t steps = shape[time_first ? 0 : 1], batch = shape[time_first ? 1 : 0];
  const size_t bytes = static_cast<size_t>(product(shape, 2, shape.size())) * c.input(0).element_bytes();
  const int64_t* lengths = c.integers(1);
  const std::byte* from = c.input(0).bytes();
  std::byte* to = c.out_bytes(0, 0);
  const auto place = [&](int64_t step, int64_t entry) {
    return static_cast<size_t>(time_first ? step * batch + entry : entry * steps + step) * bytes;
  };
  for (int64_t entry = 0; entry < batch; ++entry) {
    if (lengths[entry] < 0 || lengths[entry] > steps)
      return fail(ErrorKind::data, "a sequence has length {}, expected 0 to {}", lengths[entry], steps);
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t source = step < lengths[entry] ? lengths[entry] - 1 - step : step;
      std::memcpy(to + place(step, entry), from + place(source, entry), bytes);
    }
  }
  return {};
}

}  // namespace

template <class T>
void add_blocks(Kernels<T>& kernels) {
  kernels.insert({{"Tile", tile<T>},
                  {"DepthToSpace", depth_to_space<T>},
                  {"SpaceToDepth", space_to_depth<T>},
                  {"Trilu", trilu<T>},
                  {"ReverseSequence", reverse_sequence<T>}});
}

template void add_blocks(Kernels<float>&);
template void add_blocks(Kernels<double>&);

}  // namespace assay::reference
