// The model types that are encoders: what each has that is not BERT's.
#pragma once

#include <string_view>
#include <vector>

#include "models/checkpoint.h"
#include "models/encoder.h"

namespace assay::models {

struct EncoderType {
  std::string_view name;                   // of a config.json's model_type
  std::string_view marker = "";            // a key that only files of this form have, where a type has two
  std::string_view program = "";           // the repository of a program of its own that files may name
  std::string_view embedder;               // its architecture without a head
  std::string_view masked_lm = "";         // its architecture with one
  std::vector<std::string_view> prefixes;  // that may stand before its tensors' names
  std::vector<EncoderNames> layouts;       // what they may be called
  std::vector<std::string_view> without_effect;  // keys of its own that change nothing
  // Keys of its sizes.
  std::string_view hidden = "hidden_size";
  std::string_view layers = "num_hidden_layers";
  std::string_view heads = "num_attention_heads";
  std::string_view feed_forward = "intermediate_size";
  std::string_view positions = "max_position_embeddings";
  // Reads what the type has besides sizes, into a configuration whose sizes are there, its head included.
  Result<> (*read)(const Config& config, EncoderConfig& result) = nullptr;
};

[[nodiscard]] const std::vector<EncoderType>& encoder_type_list();

}  // namespace assay::models
