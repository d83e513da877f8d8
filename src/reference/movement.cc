// Operators that move elements without changing them. One operand's bytes are copied as they are, so that
// float32 weights stay float32; several operands are brought to the scalar first.
#include <algorithm>

#include "graph/slice.h"
#include "reference/kernel.h"
#include "reference/strided.h"

namespace assay::reference {
namespace {

template <class T>
Result<> transpose(KernelContext<T>& c) {
  const size_t rank = c.shape(0).size();
  std::vector<int64_t> order = c.node().integers("perm");
  if (order.empty())
    for (size_t i = rank; i-- > 0;) order.push_back(static_cast<int64_t>(i));
  c.set(0, permuted(c.workers(), c.arena(), c.input(0), {order.begin(), order.end()}));
  return {};
}

template <class T>
Result<> expand(KernelContext<T>& c) {
  const Shape& out = c.out_shape(0);
  const Shape& in = c.shape(0);
  const Shape steps = contiguous_steps(in);
  StridedCopy copy{out, Shape(out.size(), 0), contiguous_steps(out)};
  for (size_t i = 0; i < in.size(); ++i)
    if (in[i] != 1) copy.from_steps[out.size() - in.size() + i] = steps[i];
  std::byte* to = c.out_bytes(0, 0);
  strided_copy(c.workers(), copy, c.input(0).bytes(), to, c.input(0).element_bytes());
  return {};
}

// The bytes of input i in the storage type of the result.
template <class T>
const std::byte* bytes_of(KernelContext<T>& c, size_t i) {
  if (c.floating(i)) (void)c.real(i);
  return c.input(i).bytes();
}

template <class T>
Result<> concat(KernelContext<T>& c) {
  const size_t axis = positive_axis(c.node().integer("axis", 0), c.out_shape(0).size());
  const Shape steps = contiguous_steps(c.out_shape(0));
  for (size_t i = 0; i < c.inputs(); ++i) (void)bytes_of(c, i);
  std::byte* to = c.out_bytes(0, 0);
  for (size_t i = 0; i < c.inputs(); ++i) {
    const size_t bytes = c.input(i).element_bytes();
    strided_copy(c.workers(), {c.shape(i), contiguous_steps(c.shape(i)), steps}, c.input(i).bytes(), to,
                 bytes);
    to += static_cast<size_t>(c.shape(i)[axis] * steps[axis]) * bytes;
  }
  return {};
}

template <class T>
Result<> split(KernelContext<T>& c) {
  const size_t axis = positive_axis(c.node().integer("axis", 0), c.shape(0).size());
  const Shape steps = contiguous_steps(c.shape(0));
  const std::byte* from = c.input(0).bytes();
  const size_t bytes = c.input(0).element_bytes();
  for (size_t i = 0; i < c.outputs().size(); ++i) {
    if (!c.wanted(i)) return fail(ErrorKind::data, "output {} is left out", i);
    const Shape& out = c.out_shape(i);
    strided_copy(c.workers(), {out, steps, contiguous_steps(out)}, from, c.out_bytes(i, 0), bytes);
    from += static_cast<size_t>(out[axis] * steps[axis]) * bytes;
  }
  return {};
}

template <class T>
Result<> slice(KernelContext<T>& c) {
  ASSAY_TRY(const auto ranges, graph::slice_ranges(c.graph(), c.node()));
  StridedCopy copy{c.out_shape(0), contiguous_steps(c.shape(0)), contiguous_steps(c.out_shape(0))};
  int64_t offset = 0;
  for (size_t d = 0; d < ranges.size(); ++d) {
    offset += ranges[d].start * copy.from_steps[d];
    copy.from_steps[d] *= ranges[d].step;
  }
  const auto bytes = static_cast<int64_t>(c.input(0).element_bytes());
  std::byte* to = c.out_bytes(0, 0);
  strided_copy(c.workers(), copy, c.input(0).bytes() + offset * bytes, to, static_cast<size_t>(bytes));
  return {};
}

template <class E, class T>
void pad_elements(KernelContext<T>& c, const std::vector<std::vector<int64_t>>& indices) {
  const E* x = c.template elements<E>(0);
  const E value = c.given(2) ? *c.template elements<E>(2) : E{};
  E* y = c.template out<E>(0);
  const Shape& out = c.out_shape(0);
  const Shape steps = contiguous_steps(c.shape(0));
  const int64_t count = tensor::element_count(out);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    int64_t at = 0;
    for (size_t d = out.size(); d-- > 0;) {
      const int64_t index = indices[d][static_cast<size_t>(rest % out[d])];
      rest /= out[d];
      at = index < 0 || at < 0 ? -1 : at + index * steps[d];
    }
    y[i] = at < 0 ? value : x[at];
  }
}

template <class T>
Result<> pad(KernelContext<T>& c) {
  const Shape& in = c.shape(0);
  ASSAY_TRY(const auto pads, graph::pad_ranges(c.graph(), c.node()));
  const std::string mode = c.node().text("mode", "constant");
  std::vector<std::vector<int64_t>> indices;
  for (size_t d = 0; d < in.size(); ++d) indices.push_back(graph::padded_indices(pads[d], in[d], mode));
  if (c.floating(0))
    pad_elements<T>(c, indices);
  else if (c.input(0).storage() == DType::boolean)
    pad_elements<bool>(c, indices);
  else
    pad_elements<int64_t>(c, indices);
  return {};
}

}  // namespace

template <class T>
void add_movement(Kernels<T>& kernels) {
  kernels.insert({{"Transpose", transpose<T>},
                  {"Expand", expand<T>},
                  {"Concat", concat<T>},
                  {"Split", split<T>},
                  {"Slice", slice<T>},
                  {"Pad", pad<T>}});
}

template void add_movement(Kernels<float>&);
template void add_movement(Kernels<double>&);

}  // namespace assay::reference
