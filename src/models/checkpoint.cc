#include "models/checkpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace assay::models {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

// A name from outside in a message of one line.
std::string shown(std::string_view name) {
  std::string text = sanitised(name, 200);
  std::ranges::replace(text, '\n', '?');
  return text;
}

// Which file the index says holds each tensor.
using Index = std::map<std::string, std::string>;

Result<Index> read_index(const fs::path& path) {
  ASSAY_TRY(const auto json, read_json(path));
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    return fail(ErrorKind::data, "{}: an object weight_map (tensor -> file) is expected", path.string());
  Index index;
  for (const auto& [name, file] : json["weight_map"].items()) {
    // A plain file name: an index must not reach out of its directory.
    if (!file.is_string() ||
        fs::path(file.get<std::string>()).filename() != fs::path(file.get<std::string>()))
      return fail(ErrorKind::data, "{}: tensor {}: the name of a file in this directory is expected",
                  path.string(), shown(name));
    index[name] = file.get<std::string>();
  }
  return index;
}

Result<std::vector<fs::path>> safetensors_in(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec))
    if (it->path().extension() == ".safetensors") files.push_back(it->path());
  if (files.empty())
    return fail(ErrorKind::data, "{}: no weights here; {}, {} or another *.safetensors file is expected",
                directory.string(), kSingle, kIndex);
  std::ranges::sort(files);
  return files;
}

Result<> add_file(Checkpoint& checkpoint, const fs::path& file) {
  ASSAY_TRY(const auto header, tensor::read_safetensors_header(file));
  for (const auto& [name, extent] : header) {
    const auto [place, added] = checkpoint.tensors.emplace(name, CheckpointTensor{file, extent});
    if (!added)
      return fail(ErrorKind::data, "{}: tensor {} is in {} too, expected once", file.string(), shown(name),
                  place->second.file.string());
  }
  checkpoint.files.push_back(file);
  return {};
}

Result<> check_index(const Checkpoint& checkpoint, const Index& index) {
  for (const auto& [name, file] : index) {
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end() || found->second.file.filename() != file)
      return fail(ErrorKind::data, "{}: tensor {} is not there, expected by {}",
                  (checkpoint.directory / file).string(), shown(name), kIndex);
  }
  return {};
}

Result<> read_shards(Checkpoint& checkpoint) {
  ASSAY_TRY(const Index index, read_index(checkpoint.directory / kIndex));
  std::set<std::string> files;
  for (const auto& [name, file] : index) files.insert(file);
  for (const std::string& file : files) ASSAY_TRY_VOID(add_file(checkpoint, checkpoint.directory / file));
  return check_index(checkpoint, index);
}

Result<> read_weights(Checkpoint& checkpoint) {
  std::error_code ec;
  if (fs::exists(checkpoint.directory / kSingle, ec))
    return add_file(checkpoint, checkpoint.directory / kSingle);
  if (fs::exists(checkpoint.directory / kIndex, ec)) return read_shards(checkpoint);
  ASSAY_TRY(const auto files, safetensors_in(checkpoint.directory));
  for (const fs::path& file : files) ASSAY_TRY_VOID(add_file(checkpoint, file));
  return {};
}

// Where to look for a tensor that is nowhere: the only file, or the directory.
std::string place(const Checkpoint& checkpoint) {
  return (checkpoint.files.size() == 1 ? checkpoint.files.front() : checkpoint.directory).string();
}

Result<> check_parameter(const graph::Value& parameter, const Checkpoint& checkpoint) {
  const auto found = checkpoint.tensors.find(parameter.name);
  if (found == checkpoint.tensors.end())
    return fail(ErrorKind::data, "{}: tensor {} is missing, expected of shape {}", place(checkpoint),
                parameter.name, tensor::to_string(parameter.shape));
  const auto& [file, extent] = found->second;
  if (extent.shape != parameter.shape)
    return fail(ErrorKind::data, "{}: tensor {} has shape {}, expected {} by config.json", file.string(),
                parameter.name, tensor::to_string(extent.shape), tensor::to_string(parameter.shape));
  if (!tensor::is_floating(extent.dtype))
    return fail(ErrorKind::data, "{}: tensor {} has type {}, expected F32, F16, BF16 or F64", file.string(),
                parameter.name, tensor::dtype_name(extent.dtype));
  return {};
}

}  // namespace

Result<Checkpoint> read_checkpoint(const fs::path& directory) {
  ASSAY_TRY(auto config, Config::read(directory / "config.json"));
  Checkpoint checkpoint{.directory = directory, .config = std::move(config)};
  ASSAY_TRY_VOID(read_weights(checkpoint));
  return checkpoint;
}

Result<> check_parameters(const graph::Graph& graph, const Checkpoint& checkpoint,
                          const std::set<std::string>& also_allowed) {
  std::set<std::string> expected = also_allowed;
  for (const graph::ValueId id : graph.with_role(graph::Role::parameter)) {
    ASSAY_TRY_VOID(check_parameter(graph.value(id), checkpoint));
    expected.insert(graph.value(id).name);
  }
  for (const auto& [name, tensor] : checkpoint.tensors)
    if (!expected.contains(name))
      return fail(ErrorKind::data,
                  "{}: tensor {} is not expected: no such part in a model of this config.json",
                  tensor.file.string(), shown(name));
  return {};
}

Result<> check_equal(const Checkpoint& checkpoint, const std::string& name, const std::string& like) {
  const auto& first = checkpoint.tensors.at(name);
  const auto& second = checkpoint.tensors.at(like);
  ASSAY_TRY(const auto file, MappedFile::open(first.file));
  ASSAY_TRY(const auto other, MappedFile::open(second.file));
  const auto bytes = [](const MappedFile& mapped, const tensor::Extent& extent) {
    return mapped.bytes().subspan(static_cast<size_t>(extent.offset), static_cast<size_t>(extent.bytes));
  };
  const bool equal = first.extent.dtype == second.extent.dtype && first.extent.shape == second.extent.shape &&
                     std::ranges::equal(bytes(*file, first.extent), bytes(*other, second.extent));
  if (!equal)
    return fail(ErrorKind::data, "{}: tensor {} differs from {}, expected equal by config.json",
                first.file.string(), name, like);
  return {};
}

}  // namespace assay::models
