#include "windows.h"

#include <algorithm>

#include "shaping.h"

namespace ggml_runner {

using assay::graph::Window;
using assay::tensor::Shape;

namespace {

// How far behind the image the last window reaches; negative: it does not come to its end.
int64_t behind(const Window& window, size_t axis) {
  const int64_t read = (window.output[axis] - 1) * window.strides[axis] +
                       (window.kernel[axis] - 1) * window.dilations[axis] + 1;
  return read - window.input[axis] - window.pads_begin[axis];
}

}  // namespace

Shape as_image(Shape shape) {
  if (shape.size() < 4) shape.insert(shape.begin() + 2, 4 - shape.size(), 1);
  return shape;
}

Steps steps_along(const Window& window, size_t dimension) {
  const size_t rank = window.kernel.size();
  if (dimension >= rank) return {};
  const size_t axis = rank - 1 - dimension;
  return {.stride = static_cast<int>(window.strides[axis]),
          .pad = static_cast<int>(window.pads_begin[axis]),
          .dilation = static_cast<int>(window.dilations[axis]),
          .kernel = static_cast<int>(window.kernel[axis])};
}

std::string refuse_window(const Graph& graph, const Node& node) {
  const auto window = assay::graph::window_of(graph, node);
  if (!window) return window.error().message;
  return window->kernel.empty() || window->kernel.size() > 2 ? "ggml's images have two dimensions" : "";
}

bool is_even(const Window& window) {
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    const int64_t rest = window.pads_begin[axis] - behind(window, axis);
    if (rest < 0 || rest >= window.strides[axis]) return false;
  }
  return true;
}

ggml_tensor* surrounded(Emitter& emitter, ggml_tensor* image, const Window& window, float number) {
  Shape shape(image->ne, image->ne + GGML_MAX_DIMS);
  std::ranges::reverse(shape);
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    const size_t place = GGML_MAX_DIMS - window.kernel.size() + axis;
    const int64_t before = window.pads_begin[axis], after = std::max<int64_t>(0, behind(window, axis));
    const Along whole = along(shape, place);
    shape[place] += before + after;
    if (number == 0) {
      image = padded(emitter, image, whole, before, after);
      continue;
    }
    std::vector<ggml_tensor*> parts;
    if (before > 0) parts.push_back(emitter.filled(whole.with(before), number));
    parts.push_back(image);
    if (after > 0) parts.push_back(emitter.filled(whole.with(after), number));
    image = joined(emitter, parts, whole.outer, whole.inner);
  }
  return emitter.reshaped(image, shape);
}

Window without_pads(Window window) {
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    window.input[axis] += window.pads_begin[axis] + std::max<int64_t>(0, behind(window, axis));
    window.pads_begin[axis] = window.pads_end[axis] = 0;
  }
  return window;
}

ggml_tensor* per_channel(Emitter& emitter, const Node& node, size_t i) {
  const int64_t channels = assay::tensor::element_count(shape_of(emitter.graph(), node, i));
  return emitter.reshaped(emitter.input(node, i), {1, channels, 1, 1});
}

}  // namespace ggml_runner
