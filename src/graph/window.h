// How a Conv, ConvTranspose, MaxPool or AveragePool node's window moves over an image [batch, channels,
// spatial...]: attributes with their defaults filled in and automatic padding worked out, for inference,
// cost, evaluation and gradient.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace assay::graph {

// Each list has one entry a spatial dimension. Output position o reads input o * stride - pad_begin + k *
// dilation for the kernel positions k; ConvTranspose adds to output i * stride - pad_begin + k * dilation
// instead.
struct Window {
  Shape input;   // spatial dimensions of X
  Shape output;  // spatial dimensions of Y
  std::vector<int64_t> kernel;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads_begin;
  std::vector<int64_t> pads_end;
  int64_t group = 1;
};

// Fails (data) naming the node.
[[nodiscard]] Result<Window> window_of(const Graph& graph, const Node& node);

}  // namespace assay::graph
