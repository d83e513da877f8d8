// Resize, one axis after the other: rows repeated or looked up, or shares of two of them.
#include <algorithm>
#include <cmath>

#include "indices.h"
#include "operators.h"

namespace mlx_runner {
namespace {

struct Axis {
  int64_t source;
  int64_t target;
  double scale;
};

double scale_of(const Call& call, size_t axis, const Axis& lengths) {
  if (call.given(2) && call.value(2).data.size() > 0) return call.value(2).data.data<float>()[axis];
  return static_cast<double>(lengths.target) / static_cast<double>(lengths.source);
}

// Where in the source an element of the target lies.
double position(const Axis& axis, const std::string& transformation, int64_t target) {
  const auto at = static_cast<double>(target);
  if (transformation == "asymmetric") return at / axis.scale;
  if (transformation == "align_corners") {
    const double width = axis.scale * static_cast<double>(axis.source);
    return width == 1 ? 0 : at * static_cast<double>(axis.source - 1) / (width - 1);
  }
  if (transformation == "pytorch_half_pixel" && axis.target <= 1) return 0;
  return (at + 0.5) / axis.scale - 0.5;
}

double nearest(double at, const std::string& rounding) {
  if (rounding == "floor") return std::floor(at);
  if (rounding == "ceil") return std::ceil(at);
  return rounding == "round_prefer_ceil" ? std::floor(at + 0.5) : std::ceil(at - 0.5);
}

int32_t within(double place, const Axis& axis) {
  return static_cast<int32_t>(std::clamp<double>(place, 0, static_cast<double>(axis.source - 1)));
}

// Rows by their places: repeated where that is what they say.
array looked_up(const array& x, const std::vector<int32_t>& places, const Axis& lengths, int axis) {
  const auto times = static_cast<int>(lengths.target / lengths.source);
  bool repeats = times > 0 && times * lengths.source == lengths.target;
  for (size_t i = 0; repeats && i < places.size(); ++i) repeats = places[i] == static_cast<int>(i) / times;
  return repeats ? mx::repeat(x, times, axis) : taken(x, places, axis);
}

array interpolated(const array& x, const std::vector<double>& at, const Axis& lengths, int axis) {
  std::vector<int32_t> low, high;
  std::vector<double> share;
  for (const double place : at) {
    low.push_back(within(std::floor(place), lengths));
    high.push_back(within(std::floor(place) + 1, lengths));
    share.push_back(place - std::floor(place));
  }
  mx::Shape shape(x.ndim(), 1);
  shape[static_cast<size_t>(axis)] = static_cast<int>(at.size());
  const array weight = array(share.begin(), shape, x.dtype());
  return taken(x, low, axis) * (number(1, x) - weight) + taken(x, high, axis) * weight;
}

array resized(const Call& call, const array& x, const Axis& lengths, int axis) {
  const std::string transformation = call.node().text("coordinate_transformation_mode", "half_pixel");
  std::vector<double> at;
  for (int64_t i = 0; i < lengths.target; ++i) at.push_back(position(lengths, transformation, i));
  if (call.node().text("mode", "nearest") == "linear") return interpolated(x, at, lengths, axis);
  std::vector<int32_t> places;
  for (const double place : at)
    places.push_back(within(nearest(place, call.node().text("nearest_mode", "round_prefer_floor")), lengths));
  return looked_up(x, places, lengths, axis);
}

void resize(const Call& call) {
  const int rank = call.rank(0);
  const bool as_image = rank > 2;
  array result = as_image ? call.image(0) : call.x(0);
  const mx::Shape target = call.result_shape();
  for (int axis = 0; axis < rank; ++axis) {
    const auto place = static_cast<size_t>(axis);
    Axis lengths{call.shape(0)[place], target[place], 1};
    lengths.scale = scale_of(call, place, lengths);
    if (lengths.source == lengths.target && lengths.scale == 1) continue;
    const int turned = axis == 1 ? rank - 1 : std::max(0, axis - 1);
    result = resized(call, result, lengths, as_image ? turned : axis);
  }
  if (as_image)
    call.set_image(0, result);
  else
    call.set(0, result);
}

}  // namespace

std::vector<Operator> resize_operators() { return {{"Resize", resize}}; }

}  // namespace mlx_runner
