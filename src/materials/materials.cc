#include "materials/materials.h"

#include <unistd.h>

#include <system_error>

#include "base/file.h"
#include "base/hash.h"
#include "gguf/export.h"
#include "graph/json.h"
#include "models/weights.h"
#include "onnx/export.h"
#include "tensor/safetensors.h"

namespace assay::materials {
namespace fs = std::filesystem;

namespace {

using Make = std::function<Result<>()>;
// Makes the file at a path where that is needed.
using Upkeep = std::function<Result<>(const fs::path&, const Make&)>;

Result<> always(const fs::path& /*path*/, const Make& make) { return make(); }

Upkeep unless_intact(const Told& told) {
  return [told](const fs::path& path, const Make& make) -> Result<> {
    if (is_intact(path, told)) return {};
    ASSAY_TRY_VOID(make());
    return seal(path);
  };
}

// Puts `source` at `target` without a second copy where the file system can; ONNX runtimes refuse symbolic
// links.
Result<> link_or_copy(const fs::path& source, const fs::path& target) {
  std::error_code ec;
  if (fs::equivalent(source, target, ec)) return {};
  const fs::path temporary = fmt::format("{}.{}.part", target.string(), ::getpid());
  fs::remove(temporary, ec);
  fs::create_hard_link(source, temporary, ec);
  if (ec) fs::copy_file(source, temporary, fs::copy_options::overwrite_existing, ec);
  if (!ec) fs::rename(temporary, target, ec);
  if (ec)
    return fail(ErrorKind::environment, "{}: cannot be put in place: {}", target.string(), ec.message());
  return {};
}

Result<> place_weights(const graph::Graph& parameters, const WeightsSource& source, const std::string& key,
                       const fs::path& target, const Told& told) {
  const fs::path shared = cache_dir() / "weights" / (key + ".safetensors");
  ASSAY_TRY_VOID(unless_intact(told)(
      shared, [&] { return models::write_weights(parameters, source.checkpoint, source.seed, shared); }));
  return link_or_copy(shared, target);
}

Materials paths_in(const fs::path& directory, bool has_state) {
  Materials materials;
  materials.directory = directory;
  materials.graph = directory / "graph.json";
  materials.weights = directory / "weights.safetensors";
  materials.onnx = directory / "model.onnx";
  if (has_state) materials.state = directory / "state.safetensors";
  return materials;
}

PartFiles parts_in(const fs::path& directory, int64_t decodes) {
  return {.prefill = directory / "prefill.json",
          .prefill_onnx = directory / "prefill.onnx",
          .decode = directory / "decode.json",
          .decode_onnx = directory / "decode.onnx",
          .decodes = decodes};
}

// Everything that decides the bytes of the folder: graph, weights, where the state comes from.
Result<std::string> content_key(const models::Workload& workload, const graph::Graph& graph,
                                const std::string& weights_key) {
  Hasher hasher;
  hasher.add(graph::to_json(graph)).add(weights_key);
  if (workload.state) {
    hasher.add(graph::to_json(workload.state->graph));
    for (const auto& inputs : workload.state->inputs)
      for (const auto& [name, tensor] : inputs) hasher.add(name).add(tensor.bytes());
  }
  if (const auto& parts = workload.generation)
    hasher.add(graph::to_json(parts->prefill)).add(graph::to_json(parts->decode));
  return hasher.hex();
}

Result<> write_graph(const graph::Graph& graph, const fs::path& weights, const fs::path& json,
                     const fs::path& onnx, const Upkeep& upkeep) {
  ASSAY_TRY_VOID(upkeep(json, [&] { return write_file(json, graph::to_json(graph)); }));
  return upkeep(onnx, [&] { return onnx::export_onnx(graph, weights, onnx); });
}

Result<Materials> write_into(const fs::path& directory, const models::Workload& workload,
                             const graph::Graph& graph, const WeightsSource& source,
                             const StateWriter& write_state, const Told& told, const Upkeep& upkeep) {
  std::error_code ec;
  fs::create_directories(directory, ec);
  if (ec) return fail(ErrorKind::environment, "{}: cannot be created: {}", directory.string(), ec.message());
  Materials materials = paths_in(directory, workload.state.has_value());
  materials.original = workload.original;
  materials.graph_hash = graph::content_hash(graph);
  ASSAY_TRY(const auto parameters, models::parameters_of(workload));
  ASSAY_TRY(materials.weights_key, models::weights_key(parameters, source.checkpoint, source.seed));
  ASSAY_TRY_VOID(place_weights(parameters, source, materials.weights_key, materials.weights, told));
  if (const auto& source_of_state = workload.state; source_of_state && materials.state)
    ASSAY_TRY_VOID(upkeep(*materials.state, [&] {
      return write_state(*source_of_state, materials.weights, *materials.state);
    }));
  ASSAY_TRY_VOID(write_graph(graph, materials.weights, materials.graph, materials.onnx, upkeep));
  if (const auto& generation = workload.generation) {
    const PartFiles& parts = materials.parts.emplace(parts_in(directory, generation->decodes));
    ASSAY_TRY_VOID(
        write_graph(generation->prefill, materials.weights, parts.prefill, parts.prefill_onnx, upkeep));
    ASSAY_TRY_VOID(
        write_graph(generation->decode, materials.weights, parts.decode, parts.decode_onnx, upkeep));
  }
  return materials;
}

}  // namespace

Result<> write_graph(const graph::Graph& graph, const fs::path& weights, const fs::path& json,
                     const fs::path& onnx) {
  return write_graph(graph, weights, json, onnx, always);
}

Result<Materials> write_materials(const models::Workload& workload, const graph::Graph& graph,
                                  const WeightsSource& source, const fs::path& directory,
                                  const StateWriter& write_state, const Told& told) {
  return write_into(directory, workload, graph, source, write_state, told, always);
}

Result<> add_gguf(const graph::Graph& graph, Materials& materials, const Told& told) {
  const auto key = gguf::gguf_key(graph, materials.weights_key);
  if (!key) return {};
  const fs::path path = cache_dir() / "gguf" / (*key + ".gguf");
  ASSAY_TRY_VOID(
      unless_intact(told)(path, [&] { return gguf::export_gguf(graph, materials.weights, path); }));
  materials.gguf = path;
  return {};
}

Result<Materials> cached_materials(const models::Workload& workload, const graph::Graph& graph,
                                   const WeightsSource& source, const StateWriter& write_state,
                                   const Told& told) {
  ASSAY_TRY(const auto parameters, models::parameters_of(workload));
  ASSAY_TRY(const auto weights_key, models::weights_key(parameters, source.checkpoint, source.seed));
  ASSAY_TRY(const auto key, content_key(workload, graph, weights_key));
  return write_into(cache_dir() / "models" / key, workload, graph, source, write_state, told,
                    unless_intact(told));
}

}  // namespace assay::materials
