#include "models/catalogue.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "models/checkpoint_files.h"
#include "models/family.h"
#include "models/gguf_config.h"
#include "models/weights.h"

namespace assay::models {
namespace fs = std::filesystem;
namespace {

Result<Model> checkpoint_model(const fs::path& directory) {
  std::error_code ec;
  if (!fs::exists(directory / "config.json", ec))
    return fail(ErrorKind::data,
                "{}: no config.json here; a directory with config.json and safetensors files is expected",
                directory.string());
  ASSAY_TRY(const Checkpoint checkpoint, read_checkpoint(directory));
  ASSAY_TRY(const std::string type, checkpoint.config.text("model_type"));
  std::vector<std::string> known;
  for (const Family& family : families()) {
    if (family.from_checkpoint == nullptr) continue;
    if (family.model_types.contains(type)) return family.from_checkpoint(checkpoint);
    known.insert(known.end(), family.model_types.begin(), family.model_types.end());
  }
  return checkpoint.config.refuse(
      "model_type", fmt::format("one of {}; `assay import hf DIRECTORY` makes an ONNX file of many others",
                                fmt::join(known, ", ")));
}

Result<Model> gguf_model(const fs::path& file) {
  const auto family =
      std::ranges::find_if(families(), [](const Family& one) { return one.from_gguf != nullptr; });
  ASSAY_CHECK(family != families().end(), "no family has GGUF files");
  return family->from_gguf(file);
}

// A name of the catalogue means its numbers: a checkpoint in that place may not say others.
Result<Model> with_published_weights(Model model) {
  const fs::path directory = published_checkpoint(model.name);
  std::error_code ec;
  if (model.size != "full" || !fs::is_directory(directory, ec)) return model;
  ASSAY_TRY(const Model published, checkpoint_model(directory));
  if (published.family != model.family)
    return fail(ErrorKind::data, "{}: a model of the family {}, expected {} by {}", directory.string(),
                published.family, model.family, model.name);
  for (const auto& [key, expected] : model.numbers)
    if (const auto& found = published.numbers.at(key); found != expected)
      return fail(ErrorKind::data,
                  "{}: {} is {}, expected {} by {}. A model of your own is run by its directory",
                  (directory / kConfigFile).string(), key, found, expected, model.name);
  model.checkpoint = published.checkpoint;
  return model;
}

}  // namespace

fs::path published_checkpoint(std::string_view name) { return cache_dir() / "checkpoints" / name; }

std::vector<Model> catalogue(std::string_view size) {
  std::vector<Model> result;
  for (const Family& family : families())
    for (Model& model : family.models(size)) result.push_back(std::move(model));
  return result;
}

std::vector<std::string> one_of_each_family() {
  std::vector<std::string> names;
  for (const Family& family : families()) names.push_back(family.models("tiny").front().name);
  return names;
}

Result<Model> find_model(std::string_view name, std::string_view size) {
  const std::vector<std::string> sizes = {"full", "tiny"};
  if (std::ranges::find(sizes, size) == sizes.end())
    return fail(ErrorKind::usage, "unknown size '{}': full and tiny exist.{}", sanitised(size, 100),
                did_you_mean(size, sizes));
  std::vector<std::string> names;
  for (Model& model : catalogue(size)) {
    if (model.name == name) return with_published_weights(std::move(model));
    names.push_back(model.name);
  }
  std::error_code ec;
  if (fs::is_directory(name, ec)) return checkpoint_model(name);
  if (is_gguf(name)) return gguf_model(name);
  return fail(
      ErrorKind::usage,
      "unknown model '{}': neither a name that `assay list` shows, nor a directory, nor an .onnx or a .gguf "
      "file.{}",
      sanitised(name, 200), did_you_mean(name, names));
}

Result<> take_weights(Model& model, const fs::path& file) {
  TensorFiles tensors{.place = file};
  ASSAY_TRY_VOID(add_file(tensors, file));
  ASSAY_TRY(const Workload workload, model.build(model.workloads.front()));
  ASSAY_TRY(const Graph parameters, parameters_of(workload));
  ASSAY_TRY_VOID(check_parameters(parameters, tensors, model.spares, model.name + " " + model.size));
  model.checkpoint = {file};
  return {};
}

bool is_in_catalogue(std::string_view name) {
  return std::ranges::any_of(catalogue("tiny"), [&](const Model& model) { return model.name == name; });
}

}  // namespace assay::models
