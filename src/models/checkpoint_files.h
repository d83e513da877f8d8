// The files of a checkpoint's directory, each of which is read, known not to matter, or refused.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace assay::models {

inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kSingleFile = "model.safetensors";
inline constexpr const char* kIndexFile = "model.safetensors.index.json";
inline constexpr const char* kModulesFile = "modules.json";  // of sentence-transformers

// The safetensors files in a directory, in the order of their names; hidden ones are nobody's.
[[nodiscard]] Result<std::vector<std::filesystem::path>> safetensors_in(
    const std::filesystem::path& directory);

// Every file is in `read` or of a kind that says nothing of the model: texts, the tokenizer, how it was
// trained, the same weights for other programs. Fails (data) naming the first other one.
[[nodiscard]] Result<> check_files(const std::filesystem::path& directory, const std::set<std::string>& read);

}  // namespace assay::models
