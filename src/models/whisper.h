// The graphs of a Whisper speech model: an encoder of two convolutions and pre-LayerNorm layers over a mel
// spectrogram, and a decoder with self- and cross-attention. Parameters carry the names of Hugging Face's
// WhisperForConditionalGeneration; the output head is the token embedding. All graphs have batch 1.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"

namespace assay::models {

struct WhisperConfig {
  int64_t width = 0;
  int64_t encoder_layers = 0;
  int64_t decoder_layers = 0;
  int64_t heads = 0;
  int64_t feed_forward = 0;
  int64_t vocabulary = 0;
  int64_t mel_bins = 80;
  int64_t frames = 3000;    // of the spectrogram; the encoder halves them
  int64_t positions = 448;  // of the decoder

  [[nodiscard]] int64_t encoded() const { return frames / 2; }
};

// Inputs input_features [1, mel_bins, frames] and input_ids [1, length]; output logits [1, length,
// vocabulary].
[[nodiscard]] Result<graph::Graph> whisper_logits(const WhisperConfig& config, std::string name,
                                                  int64_t length);

// The same inputs and labels [length]; output loss, the mean cross-entropy.
[[nodiscard]] Result<graph::Graph> whisper_loss(const WhisperConfig& config, std::string name,
                                                int64_t length);

// One token of the decoder at position `past`: input input_ids [1, 1]; states layers.N.past_key and
// layers.N.past_value [1, heads, past, size] of the decoder itself, layers.N.cross_key and
// layers.N.cross_value [1, heads, encoded, size] of what the encoder gave; outputs logits [1, 1, vocabulary],
// and layers.N.key and layers.N.value [1, 1, width] of the new position.
[[nodiscard]] Result<graph::Graph> whisper_decode(const WhisperConfig& config, std::string name,
                                                  int64_t past);

// Where decode's states come from: inputs as for the logits; the outputs have the states' names and shapes.
[[nodiscard]] Result<graph::Graph> whisper_cache(const WhisperConfig& config, std::string name,
                                                 int64_t length);

// What decode must give: encoder and decoder over `length` tokens, the last row under the names of decode's
// outputs.
[[nodiscard]] Result<graph::Graph> whisper_last_row(const WhisperConfig& config, std::string name,
                                                    int64_t length);

}  // namespace assay::models
