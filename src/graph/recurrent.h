// The sizes of an LSTM, GRU or RNN node, worked out once for all who need them: inference, cost, evaluation,
// gradient, runners. With layout 0 X is [steps, batch, input], Y [steps, directions, batch, hidden] and a
// state [directions, batch, hidden]; with layout 1 the batch comes first in each.
#pragma once

#include "graph/graph.h"

namespace assay::graph {

struct RecurrentSizes {
  int64_t gates = 1;  // rows of W and R are gates * hidden: 4 of an LSTM, 3 of a GRU, 1 of an RNN
  int64_t directions = 1;
  int64_t steps = 0;
  int64_t batch = 0;
  int64_t input = 0;
  int64_t hidden = 0;
  bool batch_first = false;
  bool reverse = false;  // the only direction runs from the last step to the first
};

// Fails (data) naming the node and the operand that does not fit.
[[nodiscard]] Result<RecurrentSizes> recurrent_sizes(const Graph& graph, const Node& node);

}  // namespace assay::graph
