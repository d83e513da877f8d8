// A graph without what its outputs do not need, its outputs under names of one's choice.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace assay::autodiff {

struct NamedOutput {
  graph::ValueId value = graph::kAbsent;
  std::string name;
};

// A graph with all inputs, states and parameters of `graph` and those of its constants and nodes that the
// outputs need, in the same order. An output's value takes the output's name; where it cannot (it is no
// node's output, or is an output already), an Identity node gives it.
[[nodiscard]] Result<graph::Graph> compact(const graph::Graph& graph,
                                           const std::vector<NamedOutput>& outputs);

}  // namespace assay::autodiff
