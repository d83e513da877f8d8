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

// For each place of the padded dimension the one whose element it shows, or -1 for the constant. Where the
// padding is negative it crops first, and what is left is continued.
[[nodiscard]] std::vector<int64_t> padded_indices(const PadRange& range, int64_t dimension,
                                                  const std::string& mode);

}  // namespace assay::graph
