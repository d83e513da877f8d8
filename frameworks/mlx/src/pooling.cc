// Pooling: MLX has no such operator. The elements of all windows at one place of the window are a view with
// strides; folding these views, one a place, needs no copy of the windows and has a gradient.
#include <algorithm>
#include <limits>

#include "graph/window.h"
#include "operators.h"

namespace mlx_runner {
namespace {

using assay::graph::Window;

Window window_or_refuse(const Call& call) {
  auto window = assay::graph::window_of(call.graph(), call.node());
  if (!window) Call::refuse(window.error().message);
  return *window;
}

// How far the windows reach along an axis, from the start of the padding.
int64_t reach(const Window& window, size_t axis) {
  return (window.output[axis] - 1) * window.strides[axis] +
         (window.kernel[axis] - 1) * window.dilations[axis] + 1;
}

// [batch, space..., channels] with room for every window.
array padded(const array& x, const Window& window, const array& value) {
  std::vector<int> axes;
  mx::Shape low, high;
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    const int64_t behind = reach(window, axis) - window.input[axis] - window.pads_begin[axis];
    axes.push_back(static_cast<int>(axis) + 1);
    low.push_back(static_cast<int>(window.pads_begin[axis]));
    high.push_back(static_cast<int>(std::max<int64_t>(0, behind)));
  }
  const bool none = std::ranges::count(low, 0) == static_cast<std::ptrdiff_t>(low.size()) &&
                    std::ranges::count(high, 0) == static_cast<std::ptrdiff_t>(high.size());
  return none ? x : mx::pad(x, axes, low, high, value);
}

// The place in the window that comes after, the last axis fastest; false after the last one.
bool advance(std::vector<int64_t>& place, const std::vector<int64_t>& kernel) {
  for (size_t axis = kernel.size(); axis-- > 0;) {
    if (++place[axis] < kernel[axis]) return true;
    place[axis] = 0;
  }
  return false;
}

// What all windows have at that place.
array seen_at(const array& x, const Window& window, const std::vector<int64_t>& place) {
  mx::Shape start(x.ndim(), 0), stop = x.shape(), step(x.ndim(), 1);
  for (size_t axis = 0; axis < place.size(); ++axis) {
    const int64_t first = place[axis] * window.dilations[axis];
    start[axis + 1] = static_cast<int>(first);
    stop[axis + 1] = static_cast<int>(first + (window.output[axis] - 1) * window.strides[axis] + 1);
    step[axis + 1] = static_cast<int>(window.strides[axis]);
  }
  return mx::slice(x, start, stop, step);
}

array least(mx::Dtype dtype) {
  if (mx::issubdtype(dtype, mx::floating)) return array(-std::numeric_limits<double>::infinity(), dtype);
  if (dtype == mx::int32) return array(std::numeric_limits<int32_t>::min());
  return array(std::numeric_limits<int64_t>::min());
}

// The position of each element counted over the whole tensor, channels last; with `by_columns` those of one
// plane by columns.
array positions(const Call& call, const Window& window, bool by_columns) {
  const auto batch = static_cast<int>(call.shape(0)[0]), channels = static_cast<int>(call.shape(0)[1]);
  mx::Shape shape = {batch, channels};
  for (const int64_t length : window.input) shape.push_back(static_cast<int>(length));
  if (by_columns) std::reverse(shape.begin() + 2, shape.end());
  int count = 1;
  for (const int length : shape) count *= length;
  array all = mx::reshape(mx::arange(0, count, 1, mx::int64), shape);
  if (by_columns) {
    std::vector<int> axes = {0, 1};
    for (int axis = static_cast<int>(all.ndim()) - 1; axis > 1; --axis) axes.push_back(axis);
    all = mx::transpose(all, axes);
  }
  return channels_moved_last(all);
}

// Of equal elements the first counts: it gets the gradient, and its position is given.
void max_pool(const Call& call) {
  const Window window = window_or_refuse(call);
  const array x = padded(call.image(0), window, least(mlx_dtype(call.value(0).dtype)));
  std::vector<int64_t> place(window.kernel.size(), 0);
  array result = seen_at(x, window, place);
  std::optional<array> sources, indices;
  if (call.wanted(1)) {
    sources = padded(positions(call, window, call.flag("storage_order")), window, array(int64_t{0}));
    indices = seen_at(*sources, window, place);
  }
  while (advance(place, window.kernel)) {
    const array other = seen_at(x, window, place);
    if (indices) indices = mx::where(other > result, seen_at(*sources, window, place), *indices);
    result = mx::maximum(other, result);
  }
  call.set_image(0, result);
  if (indices) call.set_image(1, *indices);
}

// How many elements of each window along an axis count.
std::vector<double> counts(const Window& window, size_t axis, bool with_padding) {
  const int64_t low = with_padding ? -window.pads_begin[axis] : 0;
  const int64_t high = window.input[axis] + (with_padding ? window.pads_end[axis] : 0);
  std::vector<double> result;
  for (int64_t o = 0; o < window.output[axis]; ++o) {
    int64_t counted = 0;
    for (int64_t k = 0; k < window.kernel[axis]; ++k) {
      const int64_t at = o * window.strides[axis] - window.pads_begin[axis] + k * window.dilations[axis];
      counted += at >= low && at < high ? 1 : 0;
    }
    result.push_back(static_cast<double>(counted));
  }
  return result;
}

void average_pool(const Call& call) {
  const Window window = window_or_refuse(call);
  const mx::Dtype dtype = mlx_dtype(call.value(0).dtype);
  const array x = padded(call.image(0), window, array(0, dtype));
  std::vector<int64_t> place(window.kernel.size(), 0);
  array total = seen_at(x, window, place);
  while (advance(place, window.kernel)) total = total + seen_at(x, window, place);
  array divisor = array(1, dtype);
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    mx::Shape shape(total.ndim(), 1);
    shape[axis + 1] = static_cast<int>(window.output[axis]);
    const auto along = counts(window, axis, call.flag("count_include_pad"));
    divisor = divisor * array(along.begin(), shape, dtype);
  }
  call.set_image(0, total / divisor);
}

}  // namespace

std::vector<Operator> pooling_operators() {
  return {
      {"AveragePool", average_pool},
      {"MaxPool", max_pool},
  };
}

}  // namespace mlx_runner
