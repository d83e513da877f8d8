// The model that a command was asked for.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "models/workload.h"

namespace assay::cli {

// find_model(), with the weights of a file where one is given; says on standard error what a directory's
// model is called, and which of two was taken where a directory has a name of the catalogue.
[[nodiscard]] Result<models::Model> chosen_model(const std::string& name, std::string_view size,
                                                 const std::filesystem::path& weights = {});

// Fails (usage) where a checkpoint lies in the folder: files of ours might become part of it.
[[nodiscard]] Result<> check_no_checkpoint(const std::filesystem::path& folder);

}  // namespace assay::cli
