#include "models/weights.h"

#include <bit>
#include <map>

#include "base/file.h"
#include "base/hash.h"
#include "models/gguf_weights.h"
#include "tensor/finite.h"
#include "tensor/generate.h"
#include "tensor/safetensors.h"

namespace assay::models {
namespace fs = std::filesystem;
namespace {

using graph::Graph;
using graph::Value;
using tensor::DType;
using tensor::PendingTensor;
using tensor::Tensor;

// A change of how weights are generated, or of what a file's tensors become, must change this number, so that
// no cached file is taken for the new one.
constexpr int64_t kGeneration = 1;

std::vector<const Value*> parameters(const Graph& graph) {
  std::vector<const Value*> result;
  for (const graph::ValueId id : graph.with_role(graph::Role::parameter)) result.push_back(&graph.value(id));
  return result;
}

struct Source {
  std::string file;
  Tensor tensor;
};

Result<std::map<std::string, Source>> read_checkpoint_files(std::span<const fs::path> checkpoint) {
  std::map<std::string, Source> result;
  for (const fs::path& file : checkpoint) {
    ASSAY_TRY(auto tensors, tensor::read_safetensors(file));
    for (auto& [name, tensor] : tensors)
      result.insert_or_assign(name, Source{file.string(), std::move(tensor)});
  }
  return result;
}

Result<Tensor> single(const Tensor& tensor, const std::string& file, const std::string& name) {
  Tensor result = tensor::converted(tensor, DType::f32);
  if (const auto odd = tensor::first_not_finite(result))
    return fail(ErrorKind::data, "{}: tensor {}{} in float32, expected finite numbers only", file, name,
                *odd);
  return result;
}

Result<PendingTensor> from_checkpoint(const Value& parameter, const std::map<std::string, Source>& sources,
                                      std::span<const fs::path> checkpoint) {
  const auto found = sources.find(parameter.name);
  if (found == sources.end())
    return fail(ErrorKind::data, "{}: tensor {} is missing, expected of shape {}",
                checkpoint.front().string(), parameter.name, tensor::to_string(parameter.shape));
  const auto& [file, tensor] = found->second;
  if (tensor.shape() != parameter.shape || !tensor::is_floating(tensor.dtype()))
    return fail(ErrorKind::data, "{}: tensor {} is {} of {}, expected {} of a floating type", file,
                parameter.name, tensor::to_string(tensor.shape()), tensor::dtype_name(tensor.dtype()),
                tensor::to_string(parameter.shape));
  const auto widen = [name = parameter.name, source = found->second]() -> Result<Tensor> {
    return single(source.tensor, source.file, name);
  };
  return PendingTensor{parameter.name, DType::f32, parameter.shape, widen};
}

Result<std::vector<PendingTensor>> all_from_checkpoint(const Graph& graph,
                                                       std::span<const fs::path> checkpoint) {
  ASSAY_TRY(const auto sources, read_checkpoint_files(checkpoint));
  std::vector<PendingTensor> result;
  for (const Value* parameter : parameters(graph)) {
    ASSAY_TRY(result.emplace_back(), from_checkpoint(*parameter, sources, checkpoint));
  }
  return result;
}

Result<std::vector<PendingTensor>> all_from_gguf(const Graph& graph, const fs::path& file) {
  ASSAY_TRY(auto read, read_gguf_decoder(file));
  ASSAY_TRY_VOID(check_gguf_parameters(graph, read));
  const auto decoder = std::make_shared<const GgufDecoder>(std::move(read));
  std::vector<PendingTensor> result;
  for (const Value* parameter : parameters(graph))
    result.push_back({parameter->name, DType::f32, parameter->shape, [decoder, name = parameter->name] {
                        return single(gguf_parameter(*decoder, name), decoder->contents.path.string(),
                                      stored_name(decoder->config, name));
                      }});
  return result;
}

PendingTensor generated(const Value& parameter, uint64_t seed) {
  const auto draw = [parameter, seed]() -> Result<Tensor> {
    return tensor::generate_noise(parameter.name, seed, parameter.shape, parameter.init.mean,
                                  parameter.init.std);
  };
  return {parameter.name, DType::f32, parameter.shape, draw};
}

}  // namespace

Result<Graph> parameters_of(const Workload& workload) {
  Graph result(workload.model + "/parameters");
  const auto add_all = [&](const Graph& graph) -> Result<> {
    for (const Value* parameter : parameters(graph)) {
      if (const auto known = result.find(parameter->name)) {
        if (result.value(*known).shape != parameter->shape)
          return fail(ErrorKind::data, "{}: parameter {} has two shapes", workload.model, parameter->name);
        continue;
      }
      ASSAY_TRY_VOID(
          result.add_parameter(parameter->name, parameter->shape, parameter->init, parameter->trainable));
    }
    return {};
  };
  if (workload.truth) ASSAY_TRY_VOID(add_all(workload.truth->graph));
  if (workload.state) ASSAY_TRY_VOID(add_all(workload.state->graph));
  ASSAY_TRY_VOID(add_all(workload.step.graph));
  return result;
}

Result<std::string> weights_key(const Graph& graph, std::span<const fs::path> checkpoint, uint64_t seed) {
  Hasher hasher;
  hasher.add(kGeneration);
  for (const Value* parameter : parameters(graph)) {
    hasher.add(parameter->name).add(tensor::to_string(parameter->shape));
    if (!checkpoint.empty()) continue;
    hasher.add(std::bit_cast<int64_t>(parameter->init.mean)).add(std::bit_cast<int64_t>(parameter->init.std));
  }
  if (checkpoint.empty()) hasher.add(static_cast<int64_t>(seed));
  for (const fs::path& file : checkpoint) {
    ASSAY_TRY(const auto mapped, MappedFile::open(file));
    hasher.add(mapped->bytes());
  }
  return hasher.hex();
}

Result<> write_weights(const Graph& graph, std::span<const fs::path> checkpoint, uint64_t seed,
                       const fs::path& path) {
  std::vector<PendingTensor> pending;
  if (checkpoint.empty()) {
    for (const Value* parameter : parameters(graph)) pending.push_back(generated(*parameter, seed));
  } else {
    ASSAY_TRY(pending, is_gguf(checkpoint.front()) ? all_from_gguf(graph, checkpoint.front())
                                                   : all_from_checkpoint(graph, checkpoint));
  }
  return tensor::write_safetensors(path, pending);
}

}  // namespace assay::models
