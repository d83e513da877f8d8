// Pooling over windows of images.
#include <algorithm>

#include "graph/window.h"
#include "operators.h"

namespace openvino_runner {
namespace {

using assay::graph::Window;
using assay::tensor::element_count;

// The padding behind, so that every window lies within: more than the node's where ceil_mode adds a window.
// Windows that leave out the last elements have it less.
std::vector<int64_t> ends_of(const Window& window) {
  std::vector<int64_t> ends;
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    const int64_t span =
        (window.output[i] - 1) * window.strides[i] + (window.kernel[i] - 1) * window.dilations[i] + 1;
    ends.push_back(std::max(window.pads_end[i], span - window.input[i] - window.pads_begin[i]));
  }
  return ends;
}

template <class Numbers>
Numbers as(const std::vector<int64_t>& numbers) {
  return Numbers(numbers.begin(), numbers.end());
}

// A place in a plane counted by columns, from the same counted by rows: of the last two dimensions of each
// plane, in general of all in the other order.
Output by_columns(const Output& places, const Shape& image) {
  const int64_t size = element_count(Shape(image.begin() + 2, image.end()));
  const Output within = make<op::Mod>(places, integer(size));
  Output rest = within, turned = integer(0);
  for (size_t axis = image.size() - 1; axis >= 2; --axis) {
    turned = make<op::Add>(make<op::Multiply>(turned, integer(image[axis])),
                           make<op::Mod>(rest, integer(image[axis])));
    rest = make<op::Divide>(rest, integer(image[axis]), false);
  }
  return make<op::Add>(make<op::Subtract>(places, within), turned);
}

Outputs max_pool(Emitter& emitter, const Node& node) {
  const Window window = assay::graph::window_of(emitter.graph(), node).value();
  const Output x = emitter.input(node, 0);
  const auto pool = std::make_shared<op::MaxPool>(
      x, as<ov::Strides>(window.strides), as<ov::Strides>(window.dilations), as<ov::Shape>(window.pads_begin),
      as<ov::Shape>(ends_of(window)), as<ov::Shape>(window.kernel), ov::op::RoundingType::FLOOR,
      ov::op::PadType::EXPLICIT, ov::element::i64, 0);
  if (node.output(1) == kAbsent) return {pool->output(0)};
  const bool columns = node.integer("storage_order", 0) != 0;
  return {pool->output(0), columns ? by_columns(pool->output(1), emitter.shape(node, 0)) : pool->output(1)};
}

// How many elements each window of an axis counts: those of the image, or of the padded one.
std::vector<float> counts(const Window& window, size_t axis, bool padded) {
  const int64_t low = padded ? -window.pads_begin[axis] : 0;
  const int64_t high = window.input[axis] + (padded ? window.pads_end[axis] : 0);
  std::vector<float> result;
  for (int64_t o = 0; o < window.output[axis]; ++o) {
    float count = 0;
    for (int64_t k = 0; k < window.kernel[axis]; ++k) {
      const int64_t at = o * window.strides[axis] - window.pads_begin[axis] + k * window.dilations[axis];
      if (at >= low && at < high) ++count;
    }
    result.push_back(count);
  }
  return result;
}

// The sums over all windows, by a convolution with ones; each channel is an image of its own.
Output sums(Emitter& emitter, const Node& node, const Window& window) {
  Shape image = emitter.shape(node, 0), filter(image.size(), 1);
  image[0] *= image[1];
  image[1] = 1;
  std::ranges::copy(window.kernel, filter.begin() + 2);
  const std::vector<float> ones(static_cast<size_t>(element_count(filter)), 1.0F);
  const Output sum =
      make<op::Convolution>(reshaped(emitter.input(node, 0), image), floats(filter, ones),
                            as<ov::Strides>(window.strides), as<ov::CoordinateDiff>(window.pads_begin),
                            as<ov::CoordinateDiff>(ends_of(window)), as<ov::Strides>(window.dilations));
  return reshaped(sum, emitter.result(node).shape);
}

// For what OpenVINO's AvgPool has not: windows with holes, and padding that counts beside one that does not.
Output composed_average(Emitter& emitter, const Node& node, const Window& window, bool padded) {
  Output y = sums(emitter, node, window);
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    Shape shape(y.get_shape().size(), 1);
    shape[axis + 2] = window.output[axis];
    y = make<op::Divide>(y, floats(shape, counts(window, axis, padded)));
  }
  return y;
}

Outputs average_pool(Emitter& emitter, const Node& node) {
  const Window window = assay::graph::window_of(emitter.graph(), node).value();
  const bool padded = node.integer("count_include_pad", 0) != 0;
  const bool holes = std::ranges::any_of(window.dilations, [](int64_t dilation) { return dilation != 1; });
  const auto ends = ends_of(window);
  if (holes || (padded && ends != window.pads_end)) return {composed_average(emitter, node, window, padded)};
  return {make<op::AvgPool>(emitter.input(node, 0), as<ov::Strides>(window.strides),
                            as<ov::Shape>(window.pads_begin), as<ov::Shape>(ends),
                            as<ov::Shape>(window.kernel), !padded, ov::op::RoundingType::FLOOR,
                            ov::op::PadType::EXPLICIT)};
}

template <class Kind>
Outputs over_the_image(Emitter& emitter, const Node& node) {
  std::vector<int64_t> axes;
  for (size_t axis = 2; axis < emitter.shape(node, 0).size(); ++axis)
    axes.push_back(static_cast<int64_t>(axis));
  return {make<Kind>(emitter.input(node, 0), integers(axes), true)};
}

}  // namespace

std::vector<Operator> pooling_operators() {
  return {
      {"AveragePool", average_pool},
      {"GlobalAveragePool", over_the_image<op::ReduceMean>},
      {"GlobalMaxPool", over_the_image<op::ReduceMax>},
      {"MaxPool", max_pool},
  };
}

}  // namespace openvino_runner
