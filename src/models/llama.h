// The graphs of a decoder of the Llama family: RMSNorm before each branch, grouped-query attention with
// rotary positions (half-split), SwiGLU, no biases. Parameters carry the names of Hugging Face's checkpoints.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"

namespace assay::models {

class Config;

struct LlamaConfig {
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t feed_forward = 0;
  int64_t query_heads = 0;
  int64_t kv_heads = 0;
  int64_t head_size = 0;
  int64_t vocabulary = 0;
  double rope_theta = 10000;
  double norm_epsilon = 1e-5;
  bool tied_head = true;        // the embedding is the output head
  int64_t positions = 0;        // that it was made for; 0: not known
  bool float32_angles = false;  // rotary tables of position x frequency in float32, as the published model's
};

// From a config.json. Fails (data) naming the key: one that is missing, or asks for what this family does not
// do (scaled or interleaved rotary positions, biases, another activation).
[[nodiscard]] Result<LlamaConfig> llama_config(const Config& config);

// Input input_ids [batch, length]; output logits [batch, length, vocabulary].
[[nodiscard]] Result<graph::Graph> llama_prefill(const LlamaConfig& config, std::string name, int64_t length,
                                                 int64_t batch = 1);

// Inputs input_ids [batch, length] and labels [batch * length]; output loss, the mean cross-entropy.
[[nodiscard]] Result<graph::Graph> llama_loss(const LlamaConfig& config, std::string name, int64_t length,
                                              int64_t batch = 1);

// One token a sequence at position `past`: input input_ids [batch, 1]; states layers.N.past_key and
// layers.N.past_value [batch, kv_heads, past, head_size]; outputs logits [batch, 1, vocabulary], and
// layers.N.key (rotated) and layers.N.value [batch, 1, kv_heads * head_size] of the new position.
[[nodiscard]] Result<graph::Graph> llama_decode(const LlamaConfig& config, std::string name, int64_t past,
                                                int64_t batch = 1);

// Where decode's states come from: input input_ids [batch, length]; the outputs have the states' names and
// shapes.
[[nodiscard]] Result<graph::Graph> llama_cache(const LlamaConfig& config, std::string name, int64_t length,
                                               int64_t batch = 1);

// What decode must give: a prefill of input_ids [batch, length], its last row under the names of decode's
// outputs.
[[nodiscard]] Result<graph::Graph> llama_last_row(const LlamaConfig& config, std::string name, int64_t length,
                                                  int64_t batch = 1);

// The rotary table: cosines or sines [batch, count, head_size / 2] of positions first .. first + count - 1,
// the same for each sequence, float32, correctly rounded; with float32_angles, of the rounded product of
// rounded factors.
enum class RopePart : uint8_t { cosine, sine };
[[nodiscard]] tensor::Tensor rope_table(const LlamaConfig& config, RopePart part, int64_t first,
                                        int64_t count, int64_t batch = 1);

}  // namespace assay::models
