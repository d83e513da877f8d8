// A graph as an ONNX file, opset 24, its parameters left in the safetensors file beside it as external data.
#pragma once

#include <filesystem>

#include "graph/graph.h"

namespace assay::onnx {

// Writes `path`. `weights` is the safetensors file of the graph's parameters; it must lie in the same folder,
// since runtimes reject absolute paths, ".." and symbolic links; initialisers point into it by offset
// and length. Inputs are the graph's inputs, then its states; constants become ordinary initialisers. Fails
// (data) naming node and operator, or (environment).
[[nodiscard]] Result<> export_onnx(const graph::Graph& graph, const std::filesystem::path& weights,
                                   const std::filesystem::path& path);

}  // namespace assay::onnx
