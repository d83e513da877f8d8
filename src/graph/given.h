// Values that no node computes, from one graph into another.
#pragma once

#include "graph/graph.h"

namespace assay::graph {

// Adds an input, a state, a parameter or a constant of another graph under its name; kAbsent, and nothing
// added, for a value that a node computes. Fails as the graph's own functions do.
[[nodiscard]] Result<ValueId> add_given(Graph& target, const Value& value);

}  // namespace assay::graph
