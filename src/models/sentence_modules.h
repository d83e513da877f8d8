// How the last hidden states become a sentence's embedding, as the files of sentence-transformers in a
// checkpoint's directory say: modules.json, 1_Pooling/config.json and what lies beside them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "base/result.h"

namespace assay::models {

enum class Pooling : uint8_t { mean, first };  // over the tokens; of the first token, [CLS]

struct SentenceModules {
  Pooling pooling = Pooling::mean;
  bool normalised = true;
  std::set<std::string> files;  // that were read, by their names in the directory
};

// Without modules.json the normalised mean. Fails (data) naming the file and key that ask for anything else
// than is above, or for sentences shorter than `longest` tokens.
[[nodiscard]] Result<SentenceModules> read_sentence_modules(const std::filesystem::path& directory,
                                                            int64_t width, int64_t longest);

}  // namespace assay::models
