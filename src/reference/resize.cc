// Resize, nearest and linear: one axis after the other, since both are products of what happens along each
// axis.
#include <algorithm>
#include <cmath>

#include "reference/kernel.h"

namespace assay::reference {
namespace {

// An element of the result along an axis: a weighted mean of two elements of the operand.
struct Tap {
  int64_t low = 0;
  int64_t high = 0;
  double weight_high = 0;
};

struct Axis {
  int64_t in = 1;
  int64_t out = 1;
  double scale = 1;
};

// Where element `o` of the result lies in the operand.
double coordinate(const std::string& mode, const Axis& axis, int64_t o) {
  const auto place = static_cast<double>(o);
  if (mode == "asymmetric") return place / axis.scale;
  if (mode == "align_corners") {
    const double width = axis.scale * static_cast<double>(axis.in);
    return width == 1 ? 0 : place * static_cast<double>(axis.in - 1) / (width - 1);
  }
  if (mode == "pytorch_half_pixel" && axis.out <= 1) return 0;
  return (place + 0.5) / axis.scale - 0.5;
}

double nearest(const std::string& mode, double x) {
  if (mode == "floor") return std::floor(x);
  if (mode == "ceil") return std::ceil(x);
  return mode == "round_prefer_ceil" ? std::floor(x + 0.5) : std::ceil(x - 0.5);
}

std::vector<Tap> taps(const graph::Node& node, const Axis& axis) {
  const std::string transformation = node.text("coordinate_transformation_mode", "half_pixel");
  const std::string rounding = node.text("nearest_mode", "round_prefer_floor");
  const bool linear = node.text("mode", "nearest") == "linear";
  const auto inside = [&](double x) { return std::clamp<int64_t>(static_cast<int64_t>(x), 0, axis.in - 1); };
  std::vector<Tap> result;
  for (int64_t o = 0; o < axis.out; ++o) {
    const double x = coordinate(transformation, axis, o);
    if (linear)
      result.push_back({inside(std::floor(x)), inside(std::floor(x) + 1), x - std::floor(x)});
    else
      result.push_back({inside(nearest(rounding, x)), inside(nearest(rounding, x)), 0});
  }
  return result;
}

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
    Axis axis{c.shape(0)[d], c.out_shape(0)[d], 1};
    axis.scale = by_scales ? static_cast<double>(c.real(2)[d])
                           : static_cast<double>(axis.out) / static_cast<double>(axis.in);
    if (axis.scale != 1) x = resized(c, x, d, taps(c.node(), axis));
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
