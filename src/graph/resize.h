// Where the elements of a Resize node's result lie in its operand, one axis at a time, for evaluation and for
// runners of frameworks that measure otherwise. Nearest and linear interpolation are products of what happens
// along each axis.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace assay::graph {

struct ResizedAxis {
  int64_t in = 1;  // lengths
  int64_t out = 1;
  double scale = 1;
  // Whether anything happens along it.
  [[nodiscard]] bool changes() const { return in != out || scale != 1; }
};

// An element of the result along an axis: (1 - weight_high) times the element `low` of the operand and
// weight_high times `high`, which is `low` where the mode is nearest.
struct Tap {
  int64_t low = 0;
  int64_t high = 0;
  double weight_high = 0;
};

// One for each element of the result along the axis, by the node's attributes mode, nearest_mode and
// coordinate_transformation_mode (ONNX, Resize).
[[nodiscard]] std::vector<Tap> resize_taps(const Node& node, const ResizedAxis& axis);

}  // namespace assay::graph
