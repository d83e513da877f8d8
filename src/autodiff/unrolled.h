// Recurrences written out step by step, so that their gradient is that of plain operators: through time, as
// every framework computes it.
#pragma once

#include "graph/graph.h"

namespace assay::autodiff {

// Whether an operator is differentiated by being written out.
[[nodiscard]] bool is_unrolled(std::string_view op);

// The graph with every LSTM, GRU and RNN that depends on a trainable parameter written out; values keep their
// names. Fails (data), naming the node, where sequences have different lengths.
[[nodiscard]] Result<graph::Graph> unrolled(const graph::Graph& forward);

}  // namespace assay::autodiff
