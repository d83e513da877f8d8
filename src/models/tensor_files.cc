#include "models/tensor_files.h"

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

namespace assay::models {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostShown = 200;  // of a name from outside

// Whether a spare's name, in which a star stands for any characters, means the tensor's.
bool matches(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  return name.size() + 1 >= pattern.size() && name.starts_with(pattern.substr(0, star)) &&
         name.ends_with(pattern.substr(star + 1));
}

std::span<const std::byte> bytes_of(const MappedFile& file, const tensor::Extent& extent) {
  return file.bytes().subspan(static_cast<size_t>(extent.offset), static_cast<size_t>(extent.bytes));
}

// Two tensors hold the same bytes, e.g. an output head that is tied to the embedding.
Result<> check_equal(const TensorFiles& tensors, const std::string& name, const std::string& like,
                     std::string_view by) {
  const FileTensor& first = tensors.tensors.at(name);
  const FileTensor& second = tensors.tensors.at(like);
  ASSAY_TRY(const auto file, MappedFile::open(first.file));
  ASSAY_TRY(const auto other, MappedFile::open(second.file));
  const bool equal = first.extent.dtype == second.extent.dtype && first.extent.shape == second.extent.shape &&
                     std::ranges::equal(bytes_of(*file, first.extent), bytes_of(*other, second.extent));
  if (equal) return {};
  return fail(ErrorKind::data, "{}: tensor {} differs from {}, expected equal by {}", first.file.string(),
              name, like, by);
}

Result<> check_spare(const TensorFiles& tensors, const std::string& name, std::span<const Spare> spares,
                     std::string_view by) {
  const auto spare =
      std::ranges::find_if(spares, [&](const Spare& known) { return matches(known.name, name); });
  if (spare == spares.end())
    return fail(ErrorKind::data, "{}: tensor {} is not expected: the model has no such part by {}",
                tensors.tensors.at(name).file.string(), one_line(name, kMostShown), by);
  return spare->same_as.empty() ? Result<>() : check_equal(tensors, name, spare->same_as, by);
}

}  // namespace

Result<> add_file(TensorFiles& tensors, const fs::path& file) {
  ASSAY_TRY(const auto header, tensor::read_safetensors_header(file));
  for (const auto& [name, extent] : header) {
    const auto [place, added] = tensors.tensors.emplace(name, FileTensor{file, extent});
    if (!added)
      return fail(ErrorKind::data, "{}: tensor {} is in {} too, expected once", file.string(),
                  one_line(name, kMostShown), place->second.file.string());
  }
  tensors.files.push_back(file);
  return {};
}

Result<> check_tensor(const TensorFiles& tensors, const std::string& name, const tensor::Shape& shape,
                      std::string_view by) {
  const auto found = tensors.tensors.find(name);
  if (found == tensors.tensors.end())
    return fail(ErrorKind::data, "{}: tensor {} is missing, expected of shape {} by {}",
                tensors.place.string(), name, tensor::to_string(shape), by);
  const auto& [file, extent] = found->second;
  if (extent.shape != shape)
    return fail(ErrorKind::data, "{}: tensor {} has shape {}, expected {} by {}", file.string(), name,
                tensor::to_string(extent.shape), tensor::to_string(shape), by);
  if (!tensor::is_floating(extent.dtype))
    return fail(ErrorKind::data, "{}: tensor {} has type {}, expected F32, F16, BF16 or F64", file.string(),
                name, tensor::dtype_name(extent.dtype));
  return {};
}

Result<> check_parameters(const graph::Graph& graph, const TensorFiles& tensors,
                          std::span<const Spare> spares, std::string_view by) {
  std::set<std::string> parameters;
  for (const graph::ValueId id : graph.with_role(graph::Role::parameter)) {
    const graph::Value& parameter = graph.value(id);
    ASSAY_TRY_VOID(check_tensor(tensors, parameter.name, parameter.shape, by));
    parameters.insert(parameter.name);
  }
  for (const auto& [name, tensor] : tensors.tensors)
    if (!parameters.contains(name)) ASSAY_TRY_VOID(check_spare(tensors, name, spares, by));
  return {};
}

Result<std::string> parameters_hash(const graph::Graph& graph, const TensorFiles& tensors) {
  std::map<fs::path, std::shared_ptr<const MappedFile>> mapped;
  for (const fs::path& file : tensors.files) {
    ASSAY_TRY(mapped[file], MappedFile::open(file));
  }
  Hasher hasher;
  for (const graph::ValueId id : graph.with_role(graph::Role::parameter)) {
    const std::string& name = graph.value(id).name;
    const auto& [file, extent] = tensors.tensors.at(name);
    hasher.add(name).add(tensor::dtype_name(extent.dtype)).add(tensor::to_string(extent.shape));
    hasher.add(bytes_of(*mapped.at(file), extent));
  }
  return hasher.hex();
}

}  // namespace assay::models
