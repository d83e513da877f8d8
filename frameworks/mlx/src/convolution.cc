// Convolutions, over images with their channels last: what MLX's own take.
#include "graph/window.h"

#include <algorithm>

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

void conv(const Call& call) {
  const Window window = window_or_refuse(call);
  const array y = mx::conv_general(call.image(0), call.image(1), narrow(window.strides),
                                   narrow(window.pads_begin), narrow(window.pads_end),
                                   narrow(window.dilations), {}, static_cast<int>(window.group));
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
  const array y = mx::conv_general(call.image(0), turned_filter(call.x(1), groups), {}, before, after,
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
