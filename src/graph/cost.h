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
  double activation_bytes = 0;  // every computed value written once and read once by each reader
  double peak_activation_bytes =
      0;  // most computed values alive at once when freed after their last reader, views for free
  int64_t parameters = 0;  // number of parameter elements, each tensor once
};

[[nodiscard]] Cost cost(const Graph& graph);

// FLOPs of one node.
[[nodiscard]] double node_flops(const Graph& graph, const Node& node);

}  // namespace assay::graph
