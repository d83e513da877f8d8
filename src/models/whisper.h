// The graphs of a Whisper speech model: an encoder of two convolutions and pre-LayerNorm layers over a mel
// spectrogram, and a decoder with self- and cross-attention. Parameters carry the names of Hugging Face's
// WhisperForConditionalGeneration; the output head is the token embedding.
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
  int64_t frames = 3000;    // of the spectrogram at most; the encoder halves them
  int64_t positions = 448;  // of the decoder
};

// How large a graph is: `length` tokens of the decoder, an even number of `frames` of each of `batch`
// spectrograms.
struct WhisperExtent {
  int64_t length = 0;
  int64_t frames = 0;
  int64_t batch = 1;

  [[nodiscard]] int64_t encoded() const { return frames / 2; }
};

// Inputs input_features [batch, mel_bins, frames] and input_ids [batch, length]; output logits [batch,
// length, vocabulary].
[[nodiscard]] Result<graph::Graph> whisper_logits(const WhisperConfig& config, std::string name,
                                                  const WhisperExtent& extent);

// The same inputs and labels [batch * length]; output loss, the mean cross-entropy.
[[nodiscard]] Result<graph::Graph> whisper_loss(const WhisperConfig& config, std::string name,
                                                const WhisperExtent& extent);

// One token of the decoder at position `length`: input input_ids [batch, 1]; states layers.N.past_key and
// layers.N.past_value [batch, heads, length, size] of the decoder itself, layers.N.cross_key and
// layers.N.cross_value [batch, heads, encoded, size] of what the encoder gave; outputs logits [batch, 1,
// vocabulary], and layers.N.key and layers.N.value [batch, 1, width] of the new position.
[[nodiscard]] Result<graph::Graph> whisper_decode(const WhisperConfig& config, std::string name,
                                                  const WhisperExtent& extent);

// Where decode's states come from: inputs as for the logits; the outputs have the states' names and shapes.
[[nodiscard]] Result<graph::Graph> whisper_cache(const WhisperConfig& config, std::string name,
                                                 const WhisperExtent& extent);

// What decode must give: encoder and decoder over `length` tokens, the last row under the names of decode's
// outputs.
[[nodiscard]] Result<graph::Graph> whisper_last_row(const WhisperConfig& config, std::string name,
                                                    const WhisperExtent& extent);

}  // namespace assay::models
