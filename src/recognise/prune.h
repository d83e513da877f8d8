// Copies of a graph: without what nobody reads, or with values in other roles.
#pragma once

#include <functional>

#include "graph/graph.h"

namespace assay::recognise {

// A copy in which every value that no node computes is what `changed` makes of it.
[[nodiscard]] Result<graph::Graph> copied(const graph::Graph& source,
                                          const std::function<graph::Value(graph::Value)>& changed);

// A copy without nodes, parameters and constants that no output follows from. Inputs and states stay.
[[nodiscard]] Result<graph::Graph> pruned(const graph::Graph& source);

}  // namespace assay::recognise
