// Resize, one axis after the other: rows repeated or looked up, or shares of two of them.
#include "graph/resize.h"

#include <algorithm>

#include "indices.h"
#include "operators.h"

namespace mlx_runner {
namespace {

using assay::graph::ResizedAxis;
using assay::graph::Tap;

double scale_of(const Call& call, size_t axis, const ResizedAxis& lengths) {
  if (call.given(2) && call.value(2).data.size() > 0) return call.value(2).data.data<float>()[axis];
  return static_cast<double>(lengths.out) / static_cast<double>(lengths.in);
}

// Rows by their places: repeated where that is what they say.
array looked_up(const array& x, const std::vector<int32_t>& places, const ResizedAxis& lengths, int axis) {
  const auto times = static_cast<int>(lengths.out / lengths.in);
  bool repeats = times > 0 && times * lengths.in == lengths.out;
  for (size_t i = 0; repeats && i < places.size(); ++i) repeats = places[i] == static_cast<int>(i) / times;
  return repeats ? mx::repeat(x, times, axis) : taken(x, places, axis);
}

array interpolated(const array& x, const std::vector<Tap>& taps, int axis) {
  std::vector<int32_t> low, high;
  std::vector<double> share;
  for (const Tap& tap : taps) {
    low.push_back(static_cast<int32_t>(tap.low));
    high.push_back(static_cast<int32_t>(tap.high));
    share.push_back(tap.weight_high);
  }
  mx::Shape shape(x.ndim(), 1);
  shape[static_cast<size_t>(axis)] = static_cast<int>(taps.size());
  const array weight = array(share.begin(), shape, x.dtype());
  return taken(x, low, axis) * (number(1, x) - weight) + taken(x, high, axis) * weight;
}

array resized(const Call& call, const array& x, const ResizedAxis& lengths, int axis) {
  const auto taps = assay::graph::resize_taps(call.node(), lengths);
  if (call.node().text("mode", "nearest") == "linear") return interpolated(x, taps, axis);
  std::vector<int32_t> places;
  for (const Tap& tap : taps) places.push_back(static_cast<int32_t>(tap.low));
  return looked_up(x, places, lengths, axis);
}

void resize(const Call& call) {
  const int rank = call.rank(0);
  const bool as_image = rank > 2;
  array result = as_image ? call.image(0) : call.x(0);
  const mx::Shape target = call.result_shape();
  for (int axis = 0; axis < rank; ++axis) {
    const auto place = static_cast<size_t>(axis);
    ResizedAxis lengths{call.shape(0)[place], target[place], 1};
    lengths.scale = scale_of(call, place, lengths);
    if (!lengths.changes()) continue;
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
