// A model from a file of another program: ONNX of any exporter. Its graph is the file's, with the patterns of
// exporters put together again where that is proven to change nothing; its one workload is `inference`.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "imports/normal_form.h"
#include "models/workload.h"

namespace assay::imports {

// Whether a name on the command line means such a file: by its ending.
[[nodiscard]] bool is_file_to_import(std::string_view name);

// The model of the file, called NAME#HASH after it and all that its graph follows from. `say` hears in a line
// each what was decided: how inputs are drawn, what was recognised, what was refused. Fails like
// normal_form(), (data) where the graph has an operator that is not there, (usage) where the inputs' file
// does not fit.
[[nodiscard]] Result<models::Model> model_of(const std::filesystem::path& file, const Wishes& wishes,
                                             const Workshop& workshop,
                                             const std::function<void(std::string_view line)>& say);

}  // namespace assay::imports
