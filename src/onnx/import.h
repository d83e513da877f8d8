// An ONNX file in the normal form that importers/onnx writes, as a graph: opset 24, static shapes, nothing
// nested, float32, big tensors in a safetensors file beside it. Whatever it holds was made from a file from
// outside, so nothing of it is believed.
#pragma once

#include <filesystem>

#include "graph/graph.h"

namespace assay::onnx {

// Initialisers that lie in `weights` become parameters under their names, those inside the file constants,
// and so do those whose operand must be one. Fails (data) naming node and operator: all operators that are
// missing here, else the first node that does not fit.
[[nodiscard]] Result<graph::Graph> import_onnx(const std::filesystem::path& path,
                                               const std::filesystem::path& weights);

}  // namespace assay::onnx
