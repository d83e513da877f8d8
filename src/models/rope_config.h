// The rotary positions that a config.json asks for. transformers takes them from two dictionaries,
// rope_scaling and the newer rope_parameters, and from keys at the top; here they are taken from where it
// takes them.
#pragma once

#include "models/checkpoint.h"
#include "models/rope.h"

namespace assay::models {

// What a model type makes of them.
struct RopeRules {
  int64_t head_size = 0;
  double theta = 10000;                       // unless said
  std::string_view theta_key = "rope_theta";  // at the top
  bool partial = false;                       // partial_rotary_factor may be less than 1
  bool original_on_top = false;  // original_max_position_embeddings is a key of its own at the top
  bool only_longrope = false;    // a scaling is longrope, which files also call su and yarn
};

// One set of frequencies for all layers. Fails (data) naming the key: one that is missing, out of range, or
// asks for what is not done.
[[nodiscard]] Result<Rope> read_rope(const Config& config, const RopeRules& rules);

// A set for the layers that see everything and one for those with a window. `local_key` is the key at the top
// for the second one's theta, and `local_theta` what it is unless said.
struct TwoRopes {
  Rope full;
  Rope sliding;
};
[[nodiscard]] Result<TwoRopes> read_two_ropes(const Config& config, const RopeRules& rules,
                                              std::string_view local_key, double local_theta);

}  // namespace assay::models
