// A model of one graph that is none of the catalogue's, from a folder as `assay materials` writes it:
// graph.json, inputs-0.safetensors and inputs-1.safetensors where it has inputs, weights.safetensors where it
// has parameters. Its one workload is `training` when the graph has trainable parameters and ends in `loss`
// alone, else `inference`.
#pragma once

#include <filesystem>
#include <vector>

#include "models/workload.h"

namespace assay::models {

// The model of one folder, by its name. Fails (data) when a file is damaged or does not fit the graph.
[[nodiscard]] Result<Model> model_in(const std::filesystem::path& folder);

// Those of all folders in `place` that hold a graph.json, by name. Fails (usage) when there are none.
[[nodiscard]] Result<std::vector<Model>> models_in(const std::filesystem::path& place);

}  // namespace assay::models
