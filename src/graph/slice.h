// Slice and Pad by dimension: their constant operands resolved against the data's shape, for inference,
// evaluation and gradient.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace assay::graph {

// Elements start, start + step, ... of one dimension, `count` of them.
struct SliceRange {
  int64_t start = 0;
  int64_t step = 1;
  int64_t count = 0;
};

// One range a dimension of a Slice node's data. Fails (data) naming the node.
[[nodiscard]] Result<std::vector<SliceRange>> slice_ranges(const Graph& graph, const Node& node);

// How many elements a dimension gains before and after; negative: loses.
struct PadRange {
  int64_t before = 0;
  int64_t after = 0;
};

// One range a dimension of a Pad node's data. Fails (data) naming the node.
[[nodiscard]] Result<std::vector<PadRange>> pad_ranges(const Graph& graph, const Node& node);

}  // namespace assay::graph
