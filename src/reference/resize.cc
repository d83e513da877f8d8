// Resize, nearest and linear: one axis after the other.
#include "graph/resize.h"

#include <algorithm>

#include "reference/kernel.h"

namespace assay::reference {
namespace {

using graph::ResizedAxis;
using graph::Tap;

// [outer, in, inner] to [outer, taps, inner].
template <class T>
Array resized(KernelContext<T>& c, const Array& x, size_t axis, const std::vector<Tap>& along) {
  Shape shape = x.shape();
  const int64_t in = shape[axis];
  const int64_t inner = product(shape, axis + 1, shape.size());
  const auto out = static_cast<int64_t>(along.size());
  shape[axis] = out;
  Array y(c.arena(), tensor::dtype_of<T>(), shape);
  const T* from = x.template data<T>();
  T* to = y.template mutable_data<T>();
  c.workers().split(product(shape, 0, axis) * out, grain_rows(inner), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Tap& tap = along[static_cast<size_t>(row % out)];
      const T* low = from + (row / out * in + tap.low) * inner;
      const T* high = from + (row / out * in + tap.high) * inner;
      const auto weight = static_cast<T>(tap.weight_high);
      if (tap.weight_high == 0)
        std::copy_n(low, inner, to + row * inner);
      else
        for (int64_t i = 0; i < inner; ++i) to[row * inner + i] = (T{1} - weight) * low[i] + weight * high[i];
    }
  });
  return y;
}

template <class T>
Result<> resize(KernelContext<T>& c) {
  (void)c.real(0);
  Array x = c.input(0);
  const bool by_scales = c.given(2) && c.input(2).size() > 0;
  for (size_t d = 0; d < c.shape(0).size(); ++d) {
    ResizedAxis axis{c.shape(0)[d], c.out_shape(0)[d], 1};
    axis.scale = by_scales ? static_cast<double>(c.real(2)[d])
                           : static_cast<double>(axis.out) / static_cast<double>(axis.in);
    if (axis.scale != 1) x = resized(c, x, d, graph::resize_taps(c.node(), axis));
  }
  c.set(0, std::move(x));
  return {};
}

}  // namespace

template <class T>
void add_resize(Kernels<T>& kernels) {
  kernels.insert({{"Resize", resize<T>}});
}

template void add_resize(Kernels<float>&);
template void add_resize(Kernels<double>&);

}  // namespace assay::reference
