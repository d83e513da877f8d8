// The graph as JSON (docs/graph-format.md): what runners read, and what `assay graph MODEL --json` prints.
// Constants are inline.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.h"

namespace assay::graph {

// Deterministic: equal graphs give equal text. Floats are written so that they read back to the same bits.
[[nodiscard]] std::string to_json(const Graph& graph);

// Checks everything: names, types, operators, shapes by inference against the stated ones. Fails (data),
// naming node or value.
[[nodiscard]] Result<Graph> from_json(std::string_view text);

// Hash of to_json: the identity of a graph in caches and in the store.
[[nodiscard]] std::string content_hash(const Graph& graph);

}  // namespace assay::graph
