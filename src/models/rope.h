// Rotary positions: by what angle each pair of a head's columns is turned at each position, whatever way a
// checkpoint scales its positions. The scalings and their defaults are those of transformers
// (modeling_rope_utils).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace assay::models {

enum class RopeScaling : uint8_t { none, linear, dynamic, llama3, yarn, longrope };

// One set of frequencies. What a scaling does not use is not read.
struct Rope {
  int64_t size = 0;  // columns of a head that are turned, an even number
  double theta = 10000;
  RopeScaling scaling = RopeScaling::none;
  double factor = 1;
  int64_t original_positions = 0;        // llama3, yarn, longrope; dynamic: max_position_embeddings
  double low = 1, high = 4;              // llama3: low_freq_factor, high_freq_factor
  double beta_fast = 32, beta_slow = 1;  // yarn
  bool truncate = true;                  // yarn
  double attention_factor = 1;           // of cosines and sines: yarn, longrope
  std::vector<double> short_factor;      // longrope, one a pair
  std::vector<double> long_factor;

  friend bool operator==(const Rope&, const Rope&) = default;
};

// Which tokens a graph is for: `count` new ones of each of `batch` sequences, the first at position `first`.
// Frequencies that depend on the length of a sequence are those of one of `total` tokens.
struct Span {
  int64_t batch = 1;
  int64_t first = 0;
  int64_t count = 1;
  int64_t total = 1;
};

// What a position is multiplied by, for each pair of a sequence of `total` tokens. In long double, so that
// rounding to float32 gives the same bits whatever the last bit of a math library is.
[[nodiscard]] std::vector<long double> rope_frequencies(const Rope& rope, int64_t total);

// Cosines or sines [batch, count, size / 2] of the positions of a span, float32, correctly rounded; with
// `float32_angles`, of the rounded product of rounded factors, as frameworks compute them.
enum class RopePart : uint8_t { cosine, sine };
[[nodiscard]] tensor::Tensor rope_table(const Rope& rope, RopePart part, const Span& span,
                                        bool float32_angles = false);

// All that decides the frequencies, as a text that differs where they do.
[[nodiscard]] std::string to_string(const Rope& rope);

}  // namespace assay::models
