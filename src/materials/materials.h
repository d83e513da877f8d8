// What runners are given for one model and workload, as files: graph, weights, state, ONNX. They are
// kept in the cache under the hash of what they are made from, so that a second run finds them and every
// contestant gets the same bytes; there they are sealed (base/seal.h), and made anew when they are damaged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/seal.h"
#include "models/workload.h"

namespace assay::materials {

// A request that runs in parts (models::Generation): the graphs of its parts, and how often the second runs.
struct PartFiles {
  std::filesystem::path prefill, prefill_onnx;  // prefill.json, prefill.onnx
  std::filesystem::path decode, decode_onnx;
  int64_t decodes = 0;
};

struct Materials {
  std::filesystem::path directory;
  std::filesystem::path graph;                 // graph.json
  std::filesystem::path weights;               // weights.safetensors
  std::filesystem::path onnx;                  // model.onnx, in the same folder as the weights
  std::optional<std::filesystem::path> gguf;   // where add_gguf has put it
  std::optional<std::filesystem::path> state;  // state.safetensors, where the workload has a state
  std::optional<PartFiles> parts;              // where the step runs in parts
  std::optional<models::Original> original;    // the user's file, where the graph was made from one
  std::string graph_hash;
  std::string weights_key;
};

// Where the weights of a workload come from.
struct WeightsSource {
  std::vector<std::filesystem::path> checkpoint;  // empty: generated
  uint64_t seed = 0;
};

// Fills a state: evaluates the workload's state graph with the parameters in `weights` and writes `path`.
using StateWriter = std::function<Result<>(const models::Evaluation&, const std::filesystem::path& weights,
                                           const std::filesystem::path& path)>;

// Writes `graph`'s materials into `directory`, over what lies there. `workload` gives the state; `graph`
// is its step or the gradient of it. Fails (data, environment).
[[nodiscard]] Result<Materials> write_materials(const models::Workload& workload, const graph::Graph& graph,
                                                const WeightsSource& source,
                                                const std::filesystem::path& directory,
                                                const StateWriter& write_state, const Told& told = {});

// Writes a graph as JSON and as ONNX; the ONNX file refers to `weights`, beside it.
[[nodiscard]] Result<> write_graph(const graph::Graph& graph, const std::filesystem::path& weights,
                                   const std::filesystem::path& json, const std::filesystem::path& onnx);

// Writes the model as GGUF into the cache, one file for all its workloads, unless it is there and intact. A
// graph that is not of the llama family has none: `materials` stays as it is. Fails (environment).
[[nodiscard]] Result<> add_gguf(const graph::Graph& graph, Materials& materials, const Told& told = {});

// write_materials in the cache's own folder for this content; `told` hears of every file that was damaged.
[[nodiscard]] Result<Materials> cached_materials(const models::Workload& workload, const graph::Graph& graph,
                                                 const WeightsSource& source, const StateWriter& write_state,
                                                 const Told& told = {});

}  // namespace assay::materials
