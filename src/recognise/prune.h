// Copies of a graph: without what nobody reads, or with values in other roles.
#pragma once

#include <functional>

#include "graph/graph.h"

namespace assay::recognise {

// Adds a value of another graph that no node computes; kAbsent for one that a node does.
[[nodiscard]] Result<graph::ValueId> add_given(graph::Graph& target, const graph::Value& value);

// A copy in which every value that no node computes is what `changed` makes of it.
[[nodiscard]] Result<graph::Graph> copied(const graph::Graph& source,
                                          const std::function<graph::Value(graph::Value)>& changed);

// A copy without nodes, parameters and constants that no output follows from. Inputs and states stay.
[[nodiscard]] Result<graph::Graph> pruned(const graph::Graph& source);

}  // namespace assay::recognise
