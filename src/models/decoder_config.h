// What a config.json asks of a decoder, by its model type: the one place that knows which keys of which type
// mean what, with the defaults that transformers has for them.
#pragma once

#include <set>
#include <string>

#include "models/checkpoint.h"
#include "models/decoder.h"

namespace assay::models {

// The values of `model_type` that are decoders.
[[nodiscard]] std::set<std::string> decoder_types();

// Fails (data) naming the key: one that is missing, out of range, contradicts another, asks for what is not
// done, or is not known.
[[nodiscard]] Result<DecoderConfig> decoder_config(const Config& config);

// What tells two configurations apart, by the keys of a config.json as far as there is one; switches that are
// not used are not there.
[[nodiscard]] std::map<std::string, std::string> decoder_numbers(const DecoderConfig& config);

}  // namespace assay::models
