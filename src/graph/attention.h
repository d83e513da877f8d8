// The sizes of an Attention node, worked out once for all who need them: inference, cost, evaluation,
// gradient. Q, K and V come as [batch, length, heads * size] or [batch, heads, length, size]; past keys and
// values always in the second form.
#pragma once

#include "graph/graph.h"

namespace assay::graph {

struct AttentionSizes {
  int64_t batch = 0;
  int64_t q_heads = 0;
  int64_t kv_heads = 0;  // q_heads is a multiple
  int64_t q_length = 0;
  int64_t kv_length = 0;  // of K and V, without the past
  int64_t past_length = 0;
  int64_t head_size = 0;
  int64_t v_head_size = 0;
  bool split_heads = false;  // Q, K, V and Y have the form [batch, heads, length, size]
  double scale = 0;          // of the scores; 1 / sqrt(head_size) unless the node says otherwise
  [[nodiscard]] int64_t total_length() const { return past_length + kv_length; }
};

// Fails (data) naming the node and the operand that does not fit.
[[nodiscard]] Result<AttentionSizes> attention_sizes(const Graph& graph, const Node& node);

}  // namespace assay::graph
