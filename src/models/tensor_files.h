// The tensors of one or several safetensors files as one collection, and whether they are a model's: every
// parameter there, of its shape, and nothing that the model would leave out.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "models/workload.h"
#include "tensor/safetensors.h"

namespace assay::models {

struct FileTensor {
  std::filesystem::path file;
  tensor::Extent extent;
};

struct TensorFiles {
  std::filesystem::path place;  // where to look for a tensor that is nowhere: the only file, or a directory
  std::vector<std::filesystem::path> files;
  std::map<std::string, FileTensor> tensors;
};

// Adds a file's tensors, from its header. Fails (data) when it is damaged, or has a tensor that is there
// already.
[[nodiscard]] Result<> add_file(TensorFiles& tensors, const std::filesystem::path& file);

// The tensor is there, of a floating type and of that shape. Fails (data) naming file, tensor and
// expectation; `by` is what asks for it ("config.json").
[[nodiscard]] Result<> check_tensor(const TensorFiles& tensors, const std::string& name,
                                    const tensor::Shape& shape, std::string_view by);

// Every parameter of `graph` is there, and every other tensor is one of `spares`. Fails (data) like
// check_tensor.
[[nodiscard]] Result<> check_parameters(const graph::Graph& graph, const TensorFiles& tensors,
                                        std::span<const Spare> spares, std::string_view by);

// A hash of the parameters of `graph`, bit by bit: 32 hexadecimal digits, the same however they are split
// into files. Fails (data) when a file cannot be read.
[[nodiscard]] Result<std::string> parameters_hash(const graph::Graph& graph, const TensorFiles& tensors);

}  // namespace assay::models
