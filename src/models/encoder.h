// The graphs of an encoder: a model of sentences that sees them in both directions, as a sentence embedder
// or, with its head, as a masked language model. What tells BERT, RoBERTa, DistilBERT, ModernBERT and
// NomicBERT apart are switches of one configuration and the names of their tensors; without any it is BERT:
// post-norm blocks, learned positions, token types, exact GELU. A pooler is not used here and not in the
// graph.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "models/activation.h"
#include "models/rope.h"
#include "models/sentence_modules.h"

namespace assay::models {

// What the tensors are called, without .weight and .bias. A part that a layout has not is empty.
struct EncoderNames {
  std::string_view words = "embeddings.word_embeddings";
  std::string_view positions = "embeddings.position_embeddings";
  std::string_view types = "embeddings.token_type_embeddings";
  std::string_view embedding_norm = "embeddings.LayerNorm";
  std::string_view layer = "encoder.layer";  // and what follows stands behind it and a number
  std::string_view query = "attention.self.query";
  std::string_view key = "attention.self.key";
  std::string_view value = "attention.self.value";
  std::string_view qkv = "";  // the three as one matrix
  std::string_view attention_output = "attention.output.dense";
  std::string_view attention_norm = "attention.output.LayerNorm";
  std::string_view up = "intermediate.dense";
  std::string_view gate = "";
  std::string_view gate_up = "";  // the two as one matrix
  std::string_view down = "output.dense";
  std::string_view feed_forward_norm = "output.LayerNorm";
  std::string_view final_norm = "";
  // Of the head; nothing stands before these.
  std::string_view head_dense = "cls.predictions.transform.dense";
  std::string_view head_norm = "cls.predictions.transform.LayerNorm";
  std::string_view head_weight = "cls.predictions.decoder.weight";  // that of the words, perhaps once more
  std::string_view head_bias = "cls.predictions.bias";
};

// Scores of all words at each position: a dense layer, a norm, and the table of words as the last matrix.
struct EncoderHead {
  Activation activation = Activation::gelu;
  bool dense_bias = true;
  bool output_bias = true;
};

// What layers differ in.
struct EncoderLayer {
  int rope = 0;                  // index into ropes
  std::optional<int64_t> reach;  // a token sees those that are so far away at most; else all
};

struct EncoderConfig {
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t feed_forward = 0;
  int64_t vocabulary = 0;
  int64_t positions = 512;
  int64_t token_types = 2;  // 0: there is no such table
  double norm_epsilon = 1e-12;
  Pooling pooling = Pooling::mean;
  bool normalised = true;

  int64_t head_size = 0;            // 0: hidden / heads
  std::optional<int64_t> padding;   // an id that inputs have not; positions are counted from behind it
  std::vector<Rope> ropes;          // empty: positions are learned
  std::vector<EncoderLayer> kinds;  // one a layer; empty: all are EncoderLayer{}
  bool norms_first = false;         // before each branch but the very first, and one at the end
  bool attention_bias = true;
  bool feed_forward_bias = true;
  bool norm_bias = true;
  Activation activation = Activation::gelu;
  std::optional<EncoderHead> head;  // a masked language model; else an embedder
  EncoderNames names;
  std::string prefix;           // before all names but the head's
  bool old_norm_names = false;  // gamma and beta
  bool float32_angles = false;  // rotary tables of position x frequency in float32

  [[nodiscard]] bool gated() const { return !names.gate.empty() || !names.gate_up.empty(); }
  [[nodiscard]] int64_t head_width() const { return head_size > 0 ? head_size : hidden / heads; }
  [[nodiscard]] int64_t first_position() const { return padding ? *padding + 1 : 0; }
  [[nodiscard]] int64_t longest() const { return positions - first_position(); }  // tokens of a sentence
  [[nodiscard]] EncoderLayer kind(int64_t i) const {
    return kinds.empty() ? EncoderLayer{} : kinds[static_cast<size_t>(i)];
  }
};

// Input input_ids [batch, length], sentences of token type 0 without padding; output sentence_embedding
// [batch, hidden], or with a head logits [batch, length, vocabulary].
[[nodiscard]] Result<graph::Graph> encoder_outputs(const EncoderConfig& config, std::string name,
                                                   int64_t length, int64_t batch = 1);

// With a head. Inputs input_ids [batch, length] and labels [batch * length]; output loss, the mean
// cross-entropy of all positions.
[[nodiscard]] Result<graph::Graph> encoder_loss(const EncoderConfig& config, std::string name, int64_t length,
                                                int64_t batch = 1);

}  // namespace assay::models
