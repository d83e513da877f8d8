// A family: the code that emits the graphs of one architecture in all its sizes. A new one is a file
// NAME_family.cc that defines NAME_family(); the build finds it by its name (cmake/families.cmake), nothing
// lists it.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/checkpoint.h"
#include "models/workload.h"

namespace assay::models {

struct Family {
  std::string name;                                     // "decoder"
  std::vector<Model> (*models)(std::string_view size);  // "full" or "tiny"; the first stands for the family
  // The values of `model_type` in a config.json that this family builds, and the model from such a directory.
  // Fails (data) naming file, key or tensor, and expectation.
  std::set<std::string> model_types;
  Result<Model> (*from_checkpoint)(const Checkpoint& checkpoint) = nullptr;
  // The model from a GGUF file, of the family that has such files. Fails likewise.
  Result<Model> (*from_gguf)(const std::filesystem::path& file) = nullptr;
};

// All families, in the order of their names.
[[nodiscard]] const std::vector<Family>& families();

}  // namespace assay::models
