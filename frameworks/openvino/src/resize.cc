// Resize: OpenVINO's Interpolate where both standards measure alike, else one axis after the other.
#include <algorithm>
#include <cmath>

#include "operators.h"

namespace openvino_runner {
namespace {

struct Axis {
  int64_t from = 1;
  int64_t to = 1;
  double scale = 1;
  [[nodiscard]] bool changes() const { return from != to || scale != 1; }
};

std::vector<Axis> resized_axes(Emitter& emitter, const Node& node) {
  const Shape &from = emitter.shape(node, 0), &to = emitter.result(node).shape;
  const bool by_scales = node.input(2) != kAbsent && emitter.value(node, 2).data.size() > 0;
  std::vector<Axis> axes;
  for (size_t i = 0; i < from.size(); ++i) {
    const double scale = by_scales ? static_cast<double>(emitter.value(node, 2).data.data<float>()[i])
                                   : static_cast<double>(to[i]) / static_cast<double>(from[i]);
    axes.push_back({from[i], to[i], scale});
  }
  return axes;
}

std::string transformation(const Node& node) {
  return node.text("coordinate_transformation_mode", "half_pixel");
}

// Where an element of the result lies in the operand.
double position(const std::string& mode, const Axis& axis, int64_t place) {
  const auto at = static_cast<double>(place);
  if (mode == "asymmetric") return at / axis.scale;
  if (mode == "align_corners") {
    const double width = axis.scale * static_cast<double>(axis.from);
    return width == 1 ? 0 : at * static_cast<double>(axis.from - 1) / (width - 1);
  }
  if (mode == "pytorch_half_pixel" && axis.to <= 1) return 0;
  return (at + 0.5) / axis.scale - 0.5;
}

double rounded(const std::string& mode, double x) {
  if (mode == "floor") return std::floor(x);
  if (mode == "ceil") return std::ceil(x);
  return mode == "round_prefer_ceil" ? std::floor(x + 0.5) : std::ceil(x - 0.5);
}

int64_t inside(double x, const Axis& axis) {
  return std::clamp<int64_t>(static_cast<int64_t>(x), 0, axis.from - 1);
}

Output nearest(const Output& x, const Node& node, const Axis& axis, size_t place) {
  std::vector<int64_t> from;
  for (int64_t i = 0; i < axis.to; ++i)
    from.push_back(inside(
        rounded(node.text("nearest_mode", "round_prefer_floor"), position(transformation(node), axis, i)),
        axis));
  return rows(x, from, place);
}

// Each element is a share of the one below and of the one above.
Output between(const Output& x, const Node& node, const Axis& axis, size_t place) {
  std::vector<int64_t> below, above;
  std::vector<float> shares;
  for (int64_t i = 0; i < axis.to; ++i) {
    const double at = position(transformation(node), axis, i);
    below.push_back(inside(std::floor(at), axis));
    above.push_back(inside(std::floor(at) + 1, axis));
    shares.push_back(static_cast<float>(at - std::floor(at)));
  }
  Shape shape(x.get_shape().size(), 1);
  shape[place] = axis.to;
  const Output low = rows(x, below, place), high = rows(x, above, place);
  return make<op::Add>(low, make<op::Multiply>(make<op::Subtract>(high, low), floats(shape, shares)));
}

Output by_axis(Emitter& emitter, const Node& node, const std::vector<Axis>& axes) {
  const bool is_linear = node.text("mode", "nearest") == "linear";
  Output y = emitter.input(node, 0);
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i].changes()) y = is_linear ? between(y, node, axes[i], i) : nearest(y, node, axes[i], i);
  return y;
}

// Whole multiples of the elements of an image, which both standards count alike in every mode.
bool is_plain(const std::vector<Axis>& axes) {
  if (axes.size() != 4 || axes[0].changes() || axes[1].changes()) return false;
  return std::ranges::all_of(axes, [](const Axis& axis) {
    return axis.to % axis.from == 0 && axis.scale == static_cast<double>(axis.to / axis.from);
  });
}

ov::op::util::InterpolateBase::InterpolateAttrs attributes(const Node& node) {
  using Base = ov::op::util::InterpolateBase;
  Base::InterpolateAttrs result;
  const bool is_linear = node.text("mode", "nearest") == "linear";
  result.mode = is_linear ? Base::InterpolateMode::LINEAR_ONNX : Base::InterpolateMode::NEAREST;
  result.shape_calculation_mode = Base::ShapeCalcMode::SIZES;
  result.coordinate_transformation_mode = ov::as_enum<Base::CoordinateTransformMode>(transformation(node));
  result.nearest_mode = ov::as_enum<Base::NearestMode>(node.text("nearest_mode", "round_prefer_floor"));
  return result;
}

Outputs resize(Emitter& emitter, const Node& node) {
  const auto axes = resized_axes(emitter, node);
  if (!is_plain(axes)) return {by_axis(emitter, node, axes)};
  return {make<op::Interpolate>(emitter.input(node, 0), integers({axes[2].to, axes[3].to}), integers({2, 3}),
                                attributes(node))};
}

}  // namespace

std::vector<Operator> resize_operators() { return {{"Resize", resize}}; }

}  // namespace openvino_runner
