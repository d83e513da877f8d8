// The models Assay knows, and a model from a directory with a checkpoint or from a GGUF file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "models/workload.h"

namespace assay::models {

// All models in the given size ("full" or "tiny"), in the order of docs/models.md.
[[nodiscard]] std::vector<Model> catalogue(std::string_view size);

// The model that stands for its family, of each: the first of it.
[[nodiscard]] std::vector<std::string> one_of_each_family();

// Where the published weights of a model of the catalogue are looked for, at size "full": a directory with a
// checkpoint, or a link to one. Without it the weights are generated.
[[nodiscard]] std::filesystem::path published_checkpoint(std::string_view name);

// The model named `name` in `size`, with its published weights where they are in place; or, when `name` is a
// directory that holds config.json and safetensors files, or a .gguf file, that model (always size "full").
// Fails (usage) with the nearest names, or (data) naming the key or tensor that does not fit.
[[nodiscard]] Result<Model> find_model(std::string_view name, std::string_view size);

// Takes the model's weights from a safetensors file, which must hold all of its parameters and nothing that
// it would leave out. Fails (data) naming file, tensor and expectation.
[[nodiscard]] Result<> take_weights(Model& model, const std::filesystem::path& file);

// Whether find_model() takes `name` for a model of the catalogue. A directory of that name is "./NAME".
[[nodiscard]] bool is_in_catalogue(std::string_view name);

}  // namespace assay::models
