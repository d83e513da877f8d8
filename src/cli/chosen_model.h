// The model that a command was asked for.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "models/workload.h"

namespace assay::cli {

// find_model(), or where the name is that of an ONNX file imports::model_of() with what is said of it, its
// importer set up when it is not there and the network may be used; with the weights of a file where one is
// given. Says on standard error what a directory's or a file's model is called, and which of two was taken
// where a directory has a name of the catalogue.
[[nodiscard]] Result<models::Model> chosen_model(const std::string& name, std::string_view size,
                                                 const ModelFileArguments& said,
                                                 const std::filesystem::path& weights = {},
                                                 bool offline = false);

// The sizes that --dim gives, by name. Fails (usage) naming the one that is none.
[[nodiscard]] Result<std::map<std::string, int64_t>> sizes_of(const std::vector<std::string>& dims);

// The one workload of that name and these sizes. Fails (usage) as the model's build does, or when several
// sizes of a dimension are given.
[[nodiscard]] Result<models::Workload> chosen_workload(const models::Model& model,
                                                       const std::string& workload,
                                                       const models::Sweep& sizes);

// Fails (usage) where a checkpoint lies in the folder: files of ours might become part of it.
[[nodiscard]] Result<> check_no_checkpoint(const std::filesystem::path& folder);

}  // namespace assay::cli
