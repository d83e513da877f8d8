// A decoder as a GGUF file, of the architecture that its readers have for it: its parameters in float32, its
// sizes as metadata, no vocabulary (the runner is given token ids).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace assay::gguf {

// Writes `path` from the graph and the safetensors file of its parameters. Fails (data) when the graph is no
// decoder that they know, naming the node, or (environment).
[[nodiscard]] Result<> export_gguf(const graph::Graph& graph, const std::filesystem::path& weights,
                                   const std::filesystem::path& path);

// What decides the file's bytes, as a key: the same for the workloads of one model. Fails like export_gguf.
[[nodiscard]] Result<std::string> gguf_key(const graph::Graph& graph, std::string_view weights_key);

}  // namespace assay::gguf
