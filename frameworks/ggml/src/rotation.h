// Rotary embeddings: our graph has tables of cosines and sines, ggml computes them from positions and
// frequencies. Both describe the same rotation when a table's angles are position x frequency, which is
// checked entry by entry.
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace ggml_runner {

// Row r of the table turns pair i by (first + r) * frequencies[i], and scales it. Angles count modulo a full
// turn, so a table of one row is position 1 with its angles as frequencies.
struct Rotation {
  int64_t first = 0;
  // An input with the position of each token, where rows are taken by it from a table that starts at 0.
  assay::graph::ValueId positions = assay::graph::kAbsent;
  std::vector<double> frequencies;
  double scale = 1;
};

// The rotation of a RotaryEmbedding node; nothing where its tables are not those of ggml's rope.
[[nodiscard]] std::optional<Rotation> rotation_of(const assay::graph::Graph& graph,
                                                  const assay::graph::Node& node);

}  // namespace ggml_runner
