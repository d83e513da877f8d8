// Convolutions, over images with their channels last: what MLX's own take.
#include <mlx/transforms.h>

#include <algorithm>

#include "graph/window.h"
#include "operators.h"

namespace mlx_runner {
namespace {

using assay::graph::Window;

constexpr size_t kMostSpatial = 3;  // of MLX's convolutions

Window window_or_refuse(const Call& call) {
  auto window = assay::graph::window_of(call.graph(), call.node());
  if (!window) Call::refuse(window.error().message);
  if (window->kernel.size() > kMostSpatial) Call::refuse("MLX convolves over at most 3 dimensions");
  return *window;
}

std::vector<int> narrow(const std::vector<int64_t>& values) { return {values.begin(), values.end()}; }

array with_bias(const Call& call, const array& y) { return call.given(2) ? y + call.x(2) : y; }

bool is_all(const std::vector<int64_t>& values, int64_t expected) {
  return std::ranges::all_of(values, [&](int64_t value) { return value == expected; });
}

array own(const array& x, const array& filter, const Window& window) {
  return mx::conv_general(x, filter, narrow(window.strides), narrow(window.pads_begin),
                          narrow(window.pads_end), narrow(window.dilations), std::vector<int>{},
                          static_cast<int>(window.group));
}

// By a filter of one element: a product of matrices. MLX's own copies the input twice before it multiplies.
array by_product(const array& x, const array& filter, const Window& window) {
  mx::Shape start(x.ndim(), 0), step(x.ndim(), 1);
  for (size_t axis = 0; axis < window.strides.size(); ++axis)
    step[axis + 1] = static_cast<int>(window.strides[axis]);
  const array seen = is_all(window.strides, 1) ? x : mx::slice(x, start, x.shape(), step);
  return mx::matmul(seen, mx::transpose(mx::reshape(filter, {filter.shape(0), filter.shape(-1)})));
}

// Elements `strides` apart, with zeros between them.
array with_holes(const array& x, const std::vector<int64_t>& strides) {
  mx::Shape shape = x.shape(), step(x.ndim(), 1);
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    step[axis + 1] = static_cast<int>(strides[axis]);
    shape[axis + 1] = (shape[axis + 1] - 1) * step[axis + 1] + 1;
  }
  return mx::slice_update(mx::zeros(shape, x.dtype()), x, mx::Shape(x.ndim(), 0), shape, step);
}

// The gradient by the input: a convolution of the outputs' gradient by the filter turned round.
array input_gradient(const array& gradient, const array& filter, const Window& window) {
  const array spread = with_holes(gradient, window.strides);
  std::vector<int> before, after;
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    before.push_back(static_cast<int>(window.kernel[axis] - 1 - window.pads_begin[axis]));
    after.push_back(static_cast<int>(window.input[axis] + window.pads_begin[axis]) -
                    spread.shape(static_cast<int>(axis) + 1));
  }
  return mx::conv_general(spread, mx::swapaxes(filter, 0, -1), std::vector<int>{}, before, after,
                          std::vector<int>{}, std::vector<int>{}, 1, /*flip=*/true);
}

// MLX's own, but for the gradient by the input where there are strides: MLX asks for a convolution over an
// input with holes, which it computes on a processor number by number. With the holes filled in before, it is
// one product.
array strided(const array& x, const array& filter, const Window& window) {
  using Arrays = std::vector<array>;
  const auto plain = [window](const Arrays& operands) {
    return Arrays{own(operands[0], operands[1], window)};
  };
  const auto backward = [window](const Arrays& operands, const Arrays& gradients, const Arrays&) {
    const auto by_filter = [&](const Arrays& filters) {
      return Arrays{own(operands[0], filters[0], window)};
    };
    return Arrays{input_gradient(gradients[0], operands[1], window),
                  mx::vjp(by_filter, {operands[1]}, {gradients[0]}).second[0]};
  };
  return mx::custom_vjp(plain, backward)({x, filter})[0];
}

// Whether the gradient by the input is one product with the holes filled in.
bool has_plain_gradient(const Window& window) {
  if (window.group != 1 || !is_all(window.dilations, 1)) return false;
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    const int64_t spread = (window.output[axis] - 1) * window.strides[axis] + 1;
    if (window.pads_begin[axis] >= window.kernel[axis] ||
        spread > window.input[axis] + window.pads_begin[axis])
      return false;
  }
  return true;
}

void conv(const Call& call) {
  const Window window = window_or_refuse(call);
  const array x = call.image(0), filter = call.image(1);
  const bool bare = is_all(window.pads_begin, 0) && is_all(window.pads_end, 0);
  array y = own(x, filter, window);
  if (is_all(window.kernel, 1) && bare && window.group == 1)
    y = by_product(x, filter, window);
  else if (call.emitter().gradients() && !is_all(window.strides, 1) && has_plain_gradient(window))
    y = strided(x, filter, window);
  call.set_image(0, with_bias(call, y));
}

// [in, out / groups, space...] as MLX has filters: [out, space..., in / groups].
array turned_filter(const array& weight, int groups) {
  mx::Shape shape = weight.shape();
  const int inputs = shape[0], outputs = shape[1];
  shape.insert(shape.begin(), groups);
  shape[1] = inputs / groups;
  const array by_group = mx::swapaxes(mx::reshape(weight, shape), 1, 2);
  mx::Shape filter = weight.shape();
  filter[0] = groups * outputs;
  filter[1] = inputs / groups;
  return channels_moved_last(mx::reshape(by_group, filter));
}

// A convolution over the input with holes, by the filter turned round.
void conv_transpose(const Call& call) {
  const Window window = window_or_refuse(call);
  const auto extra = call.node().integers("output_padding", std::vector<int64_t>(window.kernel.size(), 0));
  std::vector<int> before, after;
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    const int64_t reach = (window.kernel[i] - 1) * window.dilations[i];
    before.push_back(static_cast<int>(reach - window.pads_begin[i]));
    after.push_back(static_cast<int>(reach - window.pads_end[i] + extra[i]));
  }
  const auto groups = static_cast<int>(window.group);
  const array y =
      mx::conv_general(call.image(0), turned_filter(call.x(1), groups), std::vector<int>{}, before, after,
                       narrow(window.dilations), narrow(window.strides), groups, /*flip=*/true);
  call.set_image(0, with_bias(call, y));
}

}  // namespace

std::vector<Operator> convolution_operators() {
  return {
      {"Conv", conv},
      {"ConvTranspose", conv_transpose},
  };
}

}  // namespace mlx_runner
