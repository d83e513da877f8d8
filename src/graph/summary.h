// A graph for the reader's eye: what goes in and out, what it costs, which operators it uses, and its nodes
// with repeated layers folded into one. What `assay graph MODEL` prints.
#pragma once

#include <string>

#include "graph/graph.h"

namespace assay::graph {

// Several lines, without a newline at the end.
[[nodiscard]] std::string summary(const Graph& graph);

}  // namespace assay::graph
