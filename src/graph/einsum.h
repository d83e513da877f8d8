// The equation of an Einsum node, worked out for all who need it: every operand's dimensions and those of the
// result as indices, which are counted from 0 in the order in which they first come up. An ellipsis is
// as many indices as it stands for, those that broadcast from the right.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace assay::graph {

struct EinsumPlan {
  std::vector<std::vector<size_t>> inputs;  // of each operand: the index of each dimension
  std::vector<size_t> output;
  Shape sizes;  // of each index
};

// Fails (data) naming the node and what does not fit.
[[nodiscard]] Result<EinsumPlan> einsum_plan(const Graph& graph, const Node& node);

// The equation of a plan's operands and result, for operands of those very dimensions: "ab,bc->ac".
[[nodiscard]] std::string einsum_equation(const std::vector<std::vector<size_t>>& inputs,
                                          const std::vector<size_t>& output);

}  // namespace assay::graph
