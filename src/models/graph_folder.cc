#include "models/graph_folder.h"

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "graph/json.h"
#include "tensor/safetensors.h"

namespace assay::models {
namespace fs = std::filesystem;
namespace {

bool is_training(const Graph& graph) {
  const bool trains = std::ranges::any_of(graph.values(), &graph::Value::trainable);
  return trains && graph.outputs().size() == 1 && graph.value(graph.outputs().front()).name == "loss";
}

// One input set: exactly the graph's inputs.
Result<TensorMap> read_inputs(const Graph& graph, const fs::path& path) {
  const auto inputs = graph.with_role(graph::Role::input);
  if (inputs.empty()) return TensorMap();
  ASSAY_TRY(auto tensors, tensor::read_safetensors(path));
  for (const auto id : inputs) {
    const auto& value = graph.value(id);
    const auto found = tensors.find(value.name);
    if (found == tensors.end() || found->second.dtype() != value.dtype ||
        found->second.shape() != value.shape)
      return fail(ErrorKind::data, "{}: expected {}, {} {}", path.string(), value.name,
                  tensor::dtype_name(value.dtype), tensor::to_string(value.shape));
  }
  if (tensors.size() != inputs.size())
    return fail(ErrorKind::data, "{}: tensors that are no inputs of the graph", path.string());
  return tensors;
}

Result<Workload> read_workload(const fs::path& folder, const std::string& name, const Graph& graph) {
  Workload workload{
      .model = folder.filename().string(), .size = "full", .name = name, .step = {.graph = graph}};
  for (size_t set = 0; set < workload.step.inputs.size(); ++set) {
    ASSAY_TRY(workload.step.inputs[set],
              read_inputs(graph, folder / fmt::format("inputs-{}.safetensors", set)));
  }
  return workload;
}

}  // namespace

Result<Model> model_in(const fs::path& folder) {
  ASSAY_TRY(const auto text, read_file(folder / "graph.json"));
  const auto graph = graph::from_json(text);
  if (!graph)
    return fail(graph.error().kind, "{}: {}", (folder / "graph.json").string(), graph.error().message);
  Model model{.name = folder.filename().string(),
              .size = "full",
              .description = "a graph from a folder",
              .workloads = {is_training(*graph) ? "training" : "inference"}};
  const Model identity = model;
  model.build = [folder, identity, graph = *graph](std::string_view workload) -> Result<Workload> {
    ASSAY_TRY(const auto name, normal_name(identity, workload));
    return read_workload(folder, name.kind, graph);
  };
  if (!graph->with_role(graph::Role::parameter).empty()) model.checkpoint = {folder / "weights.safetensors"};
  return model;
}

Result<std::vector<Model>> models_in(const fs::path& place) {
  std::vector<fs::path> folders;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(place, ec))
    if (fs::exists(entry.path() / "graph.json")) folders.push_back(entry.path());
  if (folders.empty())
    return fail(ErrorKind::usage, "{}: no folder in it holds a graph.json", place.string());
  std::ranges::sort(folders);
  std::vector<Model> models;
  for (const auto& folder : folders) {
    ASSAY_TRY(models.emplace_back(), model_in(folder));
  }
  return models;
}

}  // namespace assay::models
