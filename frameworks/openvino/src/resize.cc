// Resize: OpenVINO's Interpolate where both standards measure alike, else one axis after the other.
#include "graph/resize.h"

#include <algorithm>

#include "operators.h"

namespace openvino_runner {
namespace {

using assay::graph::ResizedAxis;
using assay::graph::Tap;

std::vector<ResizedAxis> resized_axes(Emitter& emitter, const Node& node) {
  const Shape &from = emitter.shape(node, 0), &to = emitter.result(node).shape;
  const bool by_scales = node.input(2) != kAbsent && emitter.value(node, 2).data.size() > 0;
  std::vector<ResizedAxis> axes;
  for (size_t i = 0; i < from.size(); ++i) {
    const double scale = by_scales ? static_cast<double>(emitter.value(node, 2).data.data<float>()[i])
                                   : static_cast<double>(to[i]) / static_cast<double>(from[i]);
    axes.push_back({from[i], to[i], scale});
  }
  return axes;
}

Output nearest(const Output& x, const std::vector<Tap>& taps, size_t axis) {
  std::vector<int64_t> from;
  for (const Tap& tap : taps) from.push_back(tap.low);
  return rows(x, from, axis);
}

// Each element is a share of the one below and of the one above.
Output between(const Output& x, const std::vector<Tap>& taps, size_t axis) {
  std::vector<int64_t> below, above;
  std::vector<float> shares;
  for (const Tap& tap : taps) {
    below.push_back(tap.low);
    above.push_back(tap.high);
    shares.push_back(static_cast<float>(tap.weight_high));
  }
  Shape shape(x.get_shape().size(), 1);
  shape[axis] = static_cast<int64_t>(taps.size());
  const Output low = rows(x, below, axis), high = rows(x, above, axis);
  return make<op::Add>(low, make<op::Multiply>(make<op::Subtract>(high, low), floats(shape, shares)));
}

Output by_axis(Emitter& emitter, const Node& node, const std::vector<ResizedAxis>& axes) {
  const bool is_linear = node.text("mode", "nearest") == "linear";
  Output y = emitter.input(node, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    if (!axes[i].changes()) continue;
    const auto taps = assay::graph::resize_taps(node, axes[i]);
    y = is_linear ? between(y, taps, i) : nearest(y, taps, i);
  }
  return y;
}

// Whole multiples of the elements of an image, which both standards count alike in every mode.
bool is_plain(const std::vector<ResizedAxis>& axes) {
  if (axes.size() != 4 || axes[0].changes() || axes[1].changes()) return false;
  return std::ranges::all_of(axes, [](const ResizedAxis& axis) {
    return axis.out % axis.in == 0 && axis.scale == static_cast<double>(axis.out / axis.in);
  });
}

ov::op::util::InterpolateBase::InterpolateAttrs attributes(const Node& node) {
  using Base = ov::op::util::InterpolateBase;
  Base::InterpolateAttrs result;
  const bool is_linear = node.text("mode", "nearest") == "linear";
  result.mode = is_linear ? Base::InterpolateMode::LINEAR_ONNX : Base::InterpolateMode::NEAREST;
  result.shape_calculation_mode = Base::ShapeCalcMode::SIZES;
  result.coordinate_transformation_mode =
      ov::as_enum<Base::CoordinateTransformMode>(node.text("coordinate_transformation_mode", "half_pixel"));
  result.nearest_mode = ov::as_enum<Base::NearestMode>(node.text("nearest_mode", "round_prefer_floor"));
  return result;
}

Outputs resize(Emitter& emitter, const Node& node) {
  const auto axes = resized_axes(emitter, node);
  if (!is_plain(axes)) return {by_axis(emitter, node, axes)};
  return {make<op::Interpolate>(emitter.input(node, 0), integers({axes[2].out, axes[3].out}),
                                integers({2, 3}), attributes(node))};
}

}  // namespace

std::vector<Operator> resize_operators() { return {{"Resize", resize}}; }

}  // namespace openvino_runner
