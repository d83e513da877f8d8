// What a GGUF file asks of a decoder, by its architecture: the one place that knows which keys of which
// architecture mean what, with the defaults that the format's own runtime has for them.
#pragma once

#include <filesystem>

#include "gguf/reader.h"
#include "models/decoder.h"

namespace assay::models {

// Whether a path is that of such a file: by its ending.
[[nodiscard]] bool is_gguf(const std::filesystem::path& path);

struct GgufDecoder {
  gguf::Contents contents;
  DecoderConfig config;
  // Queries and keys are turned as neighbours, (0, 1), (2, 3), ...: rows of their matrices lie in that order.
  bool neighbours = false;
};

// The decoder in a file. A norm's weight is taken as it stands there, with the 1 that Gemma adds to it: no
// switch of the configuration. Fails (data) naming the file and the key or tensor: one that is missing, out
// of range, asks for what is not done, or is not known.
[[nodiscard]] Result<GgufDecoder> read_gguf_decoder(const std::filesystem::path& path);

}  // namespace assay::models
