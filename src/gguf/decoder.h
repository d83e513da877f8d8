// A graph read as a decoder, the way readers of GGUF compute one: every node is accounted for, so that what
// is written as GGUF is the same function or nothing.
#pragma once

#include <vector>

#include "gguf/rotation.h"
#include "graph/graph.h"

namespace assay::gguf {

using graph::Graph;
using graph::ValueId;

struct Matrix {
  ValueId weight = graph::kAbsent;
  ValueId bias = graph::kAbsent;
};

enum class HeadNorms : uint8_t { none, each_head, whole_width };

// Parameters by their place; what is not there is absent.
struct DecoderLayer {
  ValueId attention_norm = graph::kAbsent, query_norm = graph::kAbsent, key_norm = graph::kAbsent,
          attention_post_norm = graph::kAbsent, feed_forward_norm = graph::kAbsent,
          feed_forward_post_norm = graph::kAbsent;
  Matrix query, key, value;                 // of one matrix for all: `query` alone
  Matrix attention_output, gate, up, down;  // of one matrix for gate and up: `up` alone
  bool rotated = false;
  Rotation rotation;
  int64_t window = 0;  // 0: sees all before it
};

struct Decoder {
  int64_t vocabulary = 0, hidden = 0, feed_forward = 0, query_heads = 0, kv_heads = 0, head_size = 0;
  int64_t rotated_columns = 0;  // of a head
  double norm_epsilon = 0;
  bool fused = false;          // one matrix for query, key and value, one for gate and up
  bool norm_plus_one = false;  // norms multiply by 1 + their weight
  HeadNorms head_norms = HeadNorms::none;
  bool gelu = false;  // its approximation by tanh, else silu
  double embedding_scale = 1, residual_scale = 1, logits_divisor = 1;
  double attention_scale = 0;  // 0: as the head's size has it
  double attention_softcap = 0, logits_softcap = 0;
  ValueId embedding = graph::kAbsent, norm = graph::kAbsent;
  ValueId head = graph::kAbsent;  // the embedding itself where the head is tied
  std::vector<DecoderLayer> layers;
};

// The decoder that this graph (prefill or decoding) computes. Fails (data) naming the node that does not
// belong to one.
[[nodiscard]] Result<Decoder> read_decoder(const Graph& graph);

}  // namespace assay::gguf
