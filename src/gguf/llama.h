// Whether a graph is a model of the llama family, as readers of GGUF compute it: every node is accounted for,
// so that what is written as GGUF is the same function or nothing.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace assay::gguf {

using graph::Graph;
using graph::ValueId;

struct LlamaLayer {
  ValueId attention_norm = graph::kAbsent, query = graph::kAbsent, key = graph::kAbsent,
          value = graph::kAbsent, attention_output = graph::kAbsent, feed_forward_norm = graph::kAbsent,
          gate = graph::kAbsent, up = graph::kAbsent, down = graph::kAbsent;
};

// Sizes, and the parameters by their place.
struct Llama {
  int64_t vocabulary = 0, hidden = 0, feed_forward = 0, query_heads = 0, kv_heads = 0, head_size = 0;
  double norm_epsilon = 0;
  double rope_base = 0;
  ValueId embedding = graph::kAbsent, norm = graph::kAbsent;
  ValueId head = graph::kAbsent;  // the embedding itself where the head is tied
  std::vector<LlamaLayer> layers;
};

// The llama model that this graph (prefill or decoding) computes. Fails (data) naming the node that does not
// belong to one.
[[nodiscard]] Result<Llama> read_llama(const Graph& graph);

// The base b for which entry (row, pair i) of tables [1, rows, pairs] is cos and sin of
// (first + row) * b^(-i / pairs); integers are preferred where they fit. Fails (data) when there is none
// within float32's rounding. Of one row only the slow pairs tell: `first` is then its position.
[[nodiscard]] Result<double> rope_base(const graph::Tensor& cosines, const graph::Tensor& sines,
                                       int64_t first);

}  // namespace assay::gguf
