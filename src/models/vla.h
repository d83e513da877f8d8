// The graphs of SmolVLA's action expert: one denoising step of its flow matching. Actions and a time enter;
// even layers attend to given keys and values of the prefix and to the actions before, odd layers to the
// prefix alone. RMSNorm before each branch, grouped-query attention with rotary positions (half-split),
// SwiGLU. Parameters carry lerobot's names. All of a batch are at the same time of the flow.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"

namespace assay::models {

struct VlaConfig {
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t feed_forward = 0;
  int64_t query_heads = 0;
  int64_t kv_heads = 0;
  int64_t head_size = 0;
  int64_t actions = 0;          // numbers in one action
  int64_t prefix = 0;           // positions of images, text and robot state
  bool float32_angles = false;  // as DecoderConfig's
};

// Inputs actions [batch, chunk, actions] and timestep [1]; states layers.N.prefix_key and
// layers.N.prefix_value, in even layers [batch, kv_heads, prefix, head_size] (the keys rotated), in odd ones
// [batch, prefix, kv_heads * head_size]; output velocity [batch, chunk, actions].
[[nodiscard]] Result<graph::Graph> vla_step(const VlaConfig& config, std::string name, int64_t chunk,
                                            int64_t batch = 1);

// The same inputs and states, and target [batch, chunk, actions]; output loss, the mean square of the
// difference.
[[nodiscard]] Result<graph::Graph> vla_loss(const VlaConfig& config, std::string name, int64_t chunk,
                                            int64_t batch = 1);

// The states: inputs layers.N.key and layers.N.value as the states are shaped; the outputs are the states.
[[nodiscard]] Result<graph::Graph> vla_prefix(const VlaConfig& config, std::string name, int64_t batch = 1);

}  // namespace assay::models
