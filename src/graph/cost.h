// What a graph costs by itself, whoever runs it: arithmetic, bytes that must move, and memory that must be
// held at once.
#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace assay::graph {

struct Cost {
  double flops = 0;             // a multiply-add is two; causal attention counts the unmasked half only
  double parameter_bytes = 0;   // every parameter once; of an embedding only the rows that a Gather reads
  double io_bytes = 0;          // inputs, states and outputs once
  double activation_bytes = 0;  // every other computed value written once; each read by a node once
  double peak_activation_bytes =
      0;  // most computed values alive at once when freed after their last reader, views for free
  int64_t parameters = 0;  // number of parameter elements, each tensor once
};

[[nodiscard]] Cost cost(const Graph& graph);

// FLOPs of one node, counted directly (a convolution as its sum of products, not by Winograd's or another
// shorter way). Products of matrices, convolutions and attention are exact; of the rest each elementary
// operation on an element (add, compare, exp, divide) counts one. Moving data counts none.
[[nodiscard]] double node_flops(const Graph& graph, const Node& node);

// Whether a node's output is its first input's bytes under another shape (Reshape, Squeeze, Unsqueeze,
// Flatten, Identity), which costs nothing.
[[nodiscard]] bool is_view(const Node& node);

}  // namespace assay::graph
