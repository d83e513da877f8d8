// The graphs of a decoder: a language model of blocks of causal attention and gated feed-forward. What tells
// Llama, Mistral, Qwen, Phi, Gemma, SmolLM3, Granite and OLMo apart are switches of one configuration;
// without any it is Llama: RMSNorm before each branch, grouped-query attention with rotary positions
// (half-split), SwiGLU, no biases. Parameters carry the names of Hugging Face's checkpoints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "models/activation.h"
#include "models/rope.h"

namespace assay::models {

enum class BranchNorms : uint8_t { before, after, both };         // where a branch is normalised
enum class HeadNorms : uint8_t { none, each_head, whole_width };  // of queries and keys

// What layers differ in.
struct DecoderLayer {
  int rope = 0;        // index into ropes; -1: its positions are not encoded
  int64_t window = 0;  // a token sees so many, itself among them; 0: all before it
};

struct DecoderConfig {
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t feed_forward = 0;
  int64_t query_heads = 0;
  int64_t kv_heads = 0;
  int64_t head_size = 0;
  int64_t vocabulary = 0;
  double norm_epsilon = 1e-5;
  bool tied_head = true;  // the embedding is the output head
  std::vector<Rope> ropes;
  int64_t positions = 0;            // that it was made for; 0: not known
  std::vector<DecoderLayer> kinds;  // one a layer; empty: all are DecoderLayer{}

  bool qkv_bias = false;
  bool output_bias = false;  // of attention
  bool feed_forward_bias = false;
  bool fused = false;          // q, k and v are one matrix, gate and up as well
  bool norm_plus_one = false;  // a norm multiplies by 1 + its weight
  BranchNorms branch_norms = BranchNorms::before;
  HeadNorms head_norms = HeadNorms::none;
  Activation activation = Activation::silu;
  double embedding_scale = 1;
  double residual_scale = 1;     // of each branch
  double attention_scale = 0;    // of scores; 0: 1 / sqrt(head_size)
  double attention_softcap = 0;  // 0: none
  double logits_divisor = 1;
  double logits_softcap = 0;

  bool float32_angles = false;  // rotary tables of position x frequency in float32, as the published model's

  [[nodiscard]] DecoderLayer kind(int64_t i) const {
    return kinds.empty() ? DecoderLayer{} : kinds[static_cast<size_t>(i)];
  }
};

// The tokens that a step computes: `count` of each of `batch` sequences, behind `past` earlier ones.
struct DecoderTokens {
  int64_t batch = 1;
  int64_t count = 1;
  int64_t past = 0;

  [[nodiscard]] int64_t total() const { return past + count; }
};

// Of how many past tokens a layer's state holds keys and values: those that a new token can see.
[[nodiscard]] int64_t kept_past(const DecoderLayer& kind, int64_t past);

// Input input_ids [batch, count]; output logits [batch, count, vocabulary]. There is no past.
[[nodiscard]] Result<graph::Graph> decoder_prefill(const DecoderConfig& config, std::string name,
                                                   const DecoderTokens& tokens);

// Inputs input_ids [batch, count] and labels [batch * count]; output loss, the mean cross-entropy. There is
// no past.
[[nodiscard]] Result<graph::Graph> decoder_loss(const DecoderConfig& config, std::string name,
                                                const DecoderTokens& tokens);

// New tokens behind a past: input input_ids [batch, count]; states layers.N.past_key and layers.N.past_value
// [batch, kv_heads, kept, head_size] of the layers that keep any; outputs logits [batch, count, vocabulary],
// and layers.N.key (as attention takes it, rotated) and layers.N.value [batch, count, kv_heads * head_size]
// of the new tokens.
[[nodiscard]] Result<graph::Graph> decoder_decode(const DecoderConfig& config, std::string name,
                                                  const DecoderTokens& tokens);

// Where decode's states come from: input input_ids [batch, past]; the outputs have the states' names and
// shapes. Where frequencies depend on the length, they are those of the whole sequence, new tokens included.
[[nodiscard]] Result<graph::Graph> decoder_cache(const DecoderConfig& config, std::string name,
                                                 const DecoderTokens& tokens);

// What decode must give: a prefill of input_ids [batch, past + count], its last rows under the names of
// decode's outputs.
[[nodiscard]] Result<graph::Graph> decoder_last_rows(const DecoderConfig& config, std::string name,
                                                     const DecoderTokens& tokens);

// A whole request: `past` tokens are read, then `count` are written one after the other, each behind all
// before it; the last is not read again. At least two are written.
//
// What it gives: input input_ids [batch, past + count - 1]; output logits [batch, count, vocabulary], of the
// tokens that are written.
[[nodiscard]] Result<graph::Graph> decoder_request(const DecoderConfig& config, std::string name,
                                                   const DecoderTokens& tokens);

// Its first step: input input_ids [batch, past]; outputs logits [batch, 1, vocabulary] of the last, and
// layers.N.key and layers.N.value [batch, past, kv_heads * head_size] as decode has them.
[[nodiscard]] Result<graph::Graph> decoder_request_prefill(const DecoderConfig& config, std::string name,
                                                           const DecoderTokens& tokens);

// Its every further step: inputs input_ids [batch, 1] and position [batch, 1], how many tokens lie before it;
// states layers.N.past_key and layers.N.past_value [batch, kv_heads, past + count - 2, head_size] whose first
// `position` places are filled and whose others are not looked at, but are finite; outputs as of the first,
// for one token. Who runs the request puts the new keys and values into the next places.
[[nodiscard]] Result<graph::Graph> decoder_request_decode(const DecoderConfig& config, std::string name,
                                                          const DecoderTokens& tokens);

}  // namespace assay::models
