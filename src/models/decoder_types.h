// The model types that are decoders: what each has that is not Llama's.
#pragma once

#include <string_view>
#include <vector>

#include "models/checkpoint.h"
#include "models/decoder.h"

namespace assay::models {

struct DecoderType {
  std::string_view name;  // of a config.json's model_type
  std::vector<std::string_view> architectures;
  std::vector<std::string_view> without_effect;  // keys of its own that change nothing
  bool tied_head = false;                        // unless said
  bool kv_heads_needed = true;                   // else as many as query heads unless said
  bool head_size_needed = false;                 // else hidden_size / num_attention_heads unless said
  // Reads what the type has besides sizes, switches and frequencies, into a configuration whose sizes are
  // there.
  Result<> (*read)(const Config& config, DecoderConfig& result) = nullptr;
};

[[nodiscard]] const std::vector<DecoderType>& decoder_type_list();

}  // namespace assay::models
