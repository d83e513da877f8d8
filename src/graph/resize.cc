#include "graph/resize.h"

#include <algorithm>
#include <cmath>

namespace assay::graph {
namespace {

// Where element `o` of the result lies in the operand.
double coordinate(const std::string& mode, const ResizedAxis& axis, int64_t o) {
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

}  // namespace

std::vector<Tap> resize_taps(const Node& node, const ResizedAxis& axis) {
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

}  // namespace assay::graph
