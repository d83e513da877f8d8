// A directory with a checkpoint as Hugging Face lays it out: config.json, and the weights in
// model.safetensors, in the shards of model.safetensors.index.json, or in whatever safetensors files lie
// there.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "tensor/safetensors.h"

namespace assay::models {

// config.json. Every failure (data) names file, key and expectation. A key that holds null counts as absent.
class Config {
 public:
  [[nodiscard]] static Result<Config> read(const std::filesystem::path& path);

  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<int64_t> positive(std::string_view key) const;  // an integer of at least 1
  [[nodiscard]] Result<double> positive_real(std::string_view key) const;
  [[nodiscard]] Result<bool> flag(std::string_view key, bool otherwise) const;
  // The object under `key` as a config of its own; empty when the key is absent.
  [[nodiscard]] Result<Config> section(std::string_view key) const;

  [[nodiscard]] bool has(std::string_view key) const;
  // "config.json: key is VALUE, expected EXPECTATION", as a failure.
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view key, std::string_view expectation) const;

 private:
  struct Json;
  Config(std::string file, std::shared_ptr<const Json> json)
      : file_(std::move(file)), json_(std::move(json)) {}
  std::string file_;  // path, and the section when it is one
  std::shared_ptr<const Json> json_;
};

struct CheckpointTensor {
  std::filesystem::path file;
  tensor::Extent extent;
};

struct Checkpoint {
  std::filesystem::path directory;
  Config config;
  std::vector<std::filesystem::path> files;
  std::map<std::string, CheckpointTensor> tensors;
};

// Reads config.json and the headers of the weights. Fails (data): a file that is missing or damaged, a tensor
// in two files or not where the index says.
[[nodiscard]] Result<Checkpoint> read_checkpoint(const std::filesystem::path& directory);

// Every parameter of `graph` is in the checkpoint, of a floating type and of its shape; and every tensor of
// the checkpoint is such a parameter or in `also_allowed`. Fails (data) naming file, tensor and expectation.
[[nodiscard]] Result<> check_parameters(const graph::Graph& graph, const Checkpoint& checkpoint,
                                        const std::set<std::string>& also_allowed);

// Two tensors of the checkpoint hold the same bytes, e.g. an output head that is tied to the embedding. Fails
// (data) when not.
[[nodiscard]] Result<> check_equal(const Checkpoint& checkpoint, const std::string& name,
                                   const std::string& like);

}  // namespace assay::models
