// What a checkpoint asks of an encoder, by its model type: the one place that knows which keys of which type
// mean what, and what its tensors are called.
#pragma once

#include <map>
#include <set>
#include <string>

#include "models/checkpoint.h"
#include "models/encoder.h"

namespace assay::models {

// The values of `model_type` that are encoders.
[[nodiscard]] std::set<std::string> encoder_types();

// Without what sentence-transformers says of it. `embedder`: its files lie there, and they take the encoder
// alone, whatever head config.json names. `least`: tokens that a sentence must be able to have. Fails (data)
// naming the key: one that is missing, out of range, asks for what is not done, or is not known.
[[nodiscard]] Result<EncoderConfig> encoder_config(const Checkpoint& checkpoint, bool embedder,
                                                   int64_t least);

// What tells two configurations apart, by the keys of a config.json as far as there is one; switches that are
// not used are not there.
[[nodiscard]] std::map<std::string, std::string> encoder_numbers(const EncoderConfig& config);

// Tensors that a checkpoint may hold and the model does not use: those of a head where it is an `embedder`.
[[nodiscard]] std::vector<Spare> encoder_spares(const EncoderConfig& config, bool embedder);

}  // namespace assay::models
