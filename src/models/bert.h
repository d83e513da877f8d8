// The graph of a BERT encoder as a sentence embedder: post-LayerNorm, learned positions, exact GELU, the mean
// of the last hidden states, or the first of them, scaled to length 1 or as it is. Parameters carry the names
// of Hugging Face's BertModel; its pooler is not used here and not in the graph.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"
#include "models/sentence_modules.h"

namespace assay::models {

class Config;

struct BertConfig {
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t feed_forward = 0;
  int64_t vocabulary = 0;
  int64_t positions = 512;
  int64_t token_types = 2;
  double norm_epsilon = 1e-12;
  Pooling pooling = Pooling::mean;
  bool normalised = true;
};

// From a config.json. Fails (data) naming the key: one that is missing, or asks for what this family does not
// do (another activation, relative positions).
[[nodiscard]] Result<BertConfig> bert_config(const Config& config);

// Input input_ids [batch, length], sentences of token type 0 without padding; output sentence_embedding
// [batch, hidden].
[[nodiscard]] Result<graph::Graph> bert_embedding(const BertConfig& config, std::string name, int64_t length,
                                                  int64_t batch = 1);

}  // namespace assay::models
