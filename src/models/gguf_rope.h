// The rotary positions that a GGUF file asks for, by its keys and by its tensors of factors.
#pragma once

#include <string>

#include "gguf/reader.h"
#include "models/rope.h"

namespace assay::models {

// What an architecture makes of them.
struct GgufRopeRules {
  int64_t head_size = 0;
  int64_t positions = 0;  // context_length; 0: not said
  bool partial = false;   // rope.dimension_count may be less than a head
  bool factors = false;   // tensors of factors may be there
};

// Positions of the layers that see everything. Fails (data) naming the key or tensor.
[[nodiscard]] Result<Rope> read_gguf_rope(const gguf::Contents& contents, const std::string& architecture,
                                          const GgufRopeRules& rules);

}  // namespace assay::models
