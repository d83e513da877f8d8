#include "models/checkpoint.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/hash.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "models/checkpoint_files.h"

namespace assay::models {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostShown = 200;  // of a name from outside
constexpr size_t kHashDigits = 8;   // of a model's name

// Which file the index says holds each tensor.
using Index = std::map<std::string, std::string>;

Result<Index> read_index(const fs::path& path) {
  ASSAY_TRY(const auto json, read_json(path));
  JsonFields fields(json, path.string(), JsonFields::Unknown::allowed);
  Index index;
  fields.nested("weight_map", [&](JsonFields& map) {
    for (const std::string& name : map.unread()) {
      index[name] = map.text(name);
      // A plain file name: an index must not reach out of its directory.
      if (fs::path(index[name]).filename() != fs::path(index[name]))
        map.refuse(name, "the name of a file in this directory");
    }
  });
  ASSAY_TRY_VOID(fields.finish());
  return index;
}

Result<> check_index(const Checkpoint& checkpoint, const Index& index) {
  for (const auto& [name, file] : index) {
    const auto found = checkpoint.weights.tensors.find(name);
    if (found == checkpoint.weights.tensors.end() || found->second.file.filename() != file)
      return fail(ErrorKind::data, "{}: tensor {} is not there, expected by {}",
                  (checkpoint.directory / file).string(), one_line(name, kMostShown), kIndexFile);
  }
  return {};
}

Result<> read_file_of(Checkpoint& checkpoint, const std::string& name) {
  checkpoint.files.insert(name);
  return add_file(checkpoint.weights, checkpoint.directory / name);
}

Result<> read_shards(Checkpoint& checkpoint) {
  ASSAY_TRY(const Index index, read_index(checkpoint.directory / kIndexFile));
  checkpoint.files.insert(kIndexFile);
  std::set<std::string> files;
  for (const auto& [name, file] : index) files.insert(file);
  for (const std::string& file : files) ASSAY_TRY_VOID(read_file_of(checkpoint, file));
  return check_index(checkpoint, index);
}

Result<> read_weights(Checkpoint& checkpoint) {
  const fs::path& directory = checkpoint.directory;
  std::error_code ec;
  if (fs::exists(directory / kSingleFile, ec)) return read_file_of(checkpoint, kSingleFile);
  if (fs::exists(directory / kIndexFile, ec)) return read_shards(checkpoint);
  ASSAY_TRY(const auto files, safetensors_in(directory));
  if (files.empty())
    return fail(ErrorKind::data, "{}: no weights here; {}, {} or another *.safetensors file is expected",
                directory.string(), kSingleFile, kIndexFile);
  for (const fs::path& file : files) ASSAY_TRY_VOID(read_file_of(checkpoint, file.filename().string()));
  return {};
}

// The types of tensors that transformers turns into the type that config.json asks for without a change: it
// rounds all others, and they would be another model's.
Result<std::vector<tensor::DType>> types_that_fit(const Config& config) {
  using tensor::DType;
  static const std::map<std::string, std::vector<DType>> kFit = {
      {"float32", {DType::f32, DType::f16, DType::bf16, DType::f64}},
      {"float64", {DType::f32, DType::f16, DType::bf16, DType::f64}},
      {"float16", {DType::f16}},
      {"bfloat16", {DType::bf16}}};
  for (const char* key : {"dtype", "torch_dtype"}) {
    if (!config.has(key)) continue;
    ASSAY_TRY(std::string type, config.text(key));
    if (type.starts_with("torch.")) type = type.substr(6);
    if (type == "auto") break;
    const auto found = kFit.find(type);
    if (found == kFit.end()) return config.refuse(key, "float32, float16, bfloat16 or float64");
    return found->second;
  }
  return kFit.at("float32");
}

Result<> check_types(const graph::Graph& graph, const Checkpoint& checkpoint) {
  ASSAY_TRY(const auto fit, types_that_fit(checkpoint.config));
  for (const graph::ValueId id : graph.with_role(graph::Role::parameter)) {
    const auto& [file, extent] = checkpoint.weights.tensors.at(graph.value(id).name);
    if (std::ranges::find(fit, extent.dtype) == fit.end())
      return checkpoint.config.refuse(
          checkpoint.config.has("dtype") ? "dtype" : "torch_dtype",
          fmt::format("a type that holds tensor {} of {}, which is {}: it would be rounded",
                      graph.value(id).name, file.filename().string(), tensor::dtype_name(extent.dtype)));
  }
  return {};
}

// The directory's name; of a snapshot in a hub's cache, models--OWNER--NAME/snapshots/COMMIT, OWNER/NAME.
std::string name_of(const fs::path& directory) {
  std::error_code ec;
  const fs::path path = fs::weakly_canonical(directory, ec);
  const fs::path repository = path.parent_path().parent_path();
  const std::string folder = repository.filename().string();
  constexpr std::string_view kPrefix = "models--";
  if (path.parent_path().filename() != "snapshots" || !folder.starts_with(kPrefix))
    return path.filename().string();
  std::string name = folder.substr(kPrefix.size());
  if (const size_t split = name.find("--"); split != std::string::npos) name.replace(split, 2, "/");
  return name;
}

}  // namespace

Result<Checkpoint> read_checkpoint(const fs::path& directory) {
  ASSAY_TRY(auto config, Config::read(directory / kConfigFile));
  Checkpoint checkpoint{.directory = directory, .config = std::move(config), .files = {kConfigFile}};
  ASSAY_TRY_VOID(read_weights(checkpoint));
  const auto& files = checkpoint.weights.files;
  checkpoint.weights.place = files.size() == 1 ? files.front() : directory;
  return checkpoint;
}

bool holds_checkpoint(const fs::path& directory) {
  std::error_code ec;
  return fs::exists(directory / kConfigFile, ec) || fs::exists(directory / kIndexFile, ec);
}

std::string identified(std::string_view name, std::string_view parameters,
                       const std::map<std::string, std::string>& numbers) {
  Hasher hasher;
  hasher.add(parameters);
  for (const auto& [key, number] : numbers) hasher.add(key).add(number);
  return fmt::format("{}#{}", name, hasher.hex().substr(0, kHashDigits));
}

Result<std::string> identified(const Checkpoint& checkpoint, const graph::Graph& graph,
                               const std::map<std::string, std::string>& numbers) {
  ASSAY_TRY(const std::string parameters, parameters_hash(graph, checkpoint.weights));
  return identified(name_of(checkpoint.directory), parameters, numbers);
}

Result<> check_weights(const graph::Graph& graph, const Checkpoint& checkpoint,
                       std::span<const Spare> spares) {
  ASSAY_TRY_VOID(check_parameters(graph, checkpoint.weights, spares, kConfigFile));
  return check_types(graph, checkpoint);
}

Result<> check_size(const Checkpoint& checkpoint, const std::string& name, const tensor::Shape& shape) {
  return check_tensor(checkpoint.weights, name, shape, kConfigFile);
}

Result<> check_layers(const Checkpoint& checkpoint, std::string_view key, int64_t layers) {
  const auto tensors = static_cast<int64_t>(checkpoint.weights.tensors.size());
  if (layers <= tensors) return {};
  return checkpoint.config.refuse(key, fmt::format("no more than there are tensors in {}, {}",
                                                   checkpoint.weights.place.string(), tensors));
}

}  // namespace assay::models
