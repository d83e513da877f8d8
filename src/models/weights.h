// Parameters of a graph as one safetensors file: generated from a seed, or taken from a checkpoint.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "graph/graph.h"
#include "models/workload.h"

namespace assay::models {

// The parameters of a workload as a graph of nothing else: those of the step, and of the graphs that its
// state and its truth come from. The order is that of a graph that has them all, so that workloads of one
// model share a file. Fails (data) when two graphs disagree about a parameter.
[[nodiscard]] Result<graph::Graph> parameters_of(const Workload& workload);

// What identifies the parameters of a graph: their names, shapes and inits with the seed, or the checkpoint's
// contents. The key of the cached file. 32 hexadecimal digits.
[[nodiscard]] Result<std::string> weights_key(const graph::Graph& graph,
                                              std::span<const std::filesystem::path> checkpoint,
                                              uint64_t seed);

// Writes every parameter of the graph, as float32 under its name, to `path`. Generated values depend on name,
// shape, init and seed alone: the same bits on every machine. From a checkpoint, f16 and bf16 are widened
// exactly, and what a GGUF file has quantised becomes what it stands for (gguf/blocks.h); a missing,
// mis-shaped or non-floating tensor, and an element that float32 cannot hold as a number, fail (data) naming
// file, tensor and expectation.
[[nodiscard]] Result<> write_weights(const graph::Graph& graph,
                                     std::span<const std::filesystem::path> checkpoint, uint64_t seed,
                                     const std::filesystem::path& path);

}  // namespace assay::models
