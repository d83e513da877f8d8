// A graph without what nobody reads.
#pragma once

#include "graph/graph.h"

namespace assay::recognise {

// Adds a value of another graph that no node computes; kAbsent for one that a node does.
[[nodiscard]] Result<graph::ValueId> add_given(graph::Graph& target, const graph::Value& value);

// A copy without nodes, parameters and constants that no output follows from. Inputs and states stay.
[[nodiscard]] Result<graph::Graph> pruned(const graph::Graph& source);

}  // namespace assay::recognise
