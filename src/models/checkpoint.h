// A directory with a checkpoint as Hugging Face lays it out: config.json, and the weights in
// model.safetensors, in the shards of model.safetensors.index.json, or in whatever safetensors files lie
// there. Nothing in it is passed over: a key or a file that asks for something is honoured or refused.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "models/tensor_files.h"

namespace assay::models {

// A JSON object that asks for things by keys, e.g. config.json. It remembers which keys were asked for. Every
// failure (data) names file, key and expectation, and is the last word: whoever asks on gets it again. A key
// that holds null counts as absent.
class Config {
 public:
  [[nodiscard]] static Result<Config> read(const std::filesystem::path& path);
  [[nodiscard]] static Config empty();

  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<int64_t> positive(std::string_view key) const;  // an integer of at least 1
  [[nodiscard]] Result<int64_t> natural(std::string_view key) const;   // an integer of at least 0
  [[nodiscard]] Result<double> positive_real(std::string_view key) const;
  [[nodiscard]] Result<bool> flag(std::string_view key, bool otherwise) const;
  // Lists of exactly `count` entries; every number is positive.
  [[nodiscard]] Result<std::vector<double>> positive_reals(std::string_view key, size_t count) const;
  [[nodiscard]] Result<std::vector<int64_t>> integers(std::string_view key, size_t count) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key, size_t count) const;
  // The object under `key` as a config of its own; empty when the key is absent.
  [[nodiscard]] Result<Config> section(std::string_view key) const;

  [[nodiscard]] bool has(std::string_view key) const;
  // The key is there and holds null: where absence means a default, null means none.
  [[nodiscard]] bool is_null(std::string_view key) const;
  [[nodiscard]] bool says_nothing() const;  // not a single key
  // The key holds that text, or a list with it.
  [[nodiscard]] bool names(std::string_view key, std::string_view text) const;
  // The key holds an object of texts that all begin so.
  [[nodiscard]] bool all_begin(std::string_view key, std::string_view text) const;
  // "config.json: 'KEY' is VALUE, expected EXPECTATION", as a failure.
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view key, std::string_view expectation) const;

  // Fail when the key asks for anything but this.
  [[nodiscard]] Result<> must_be(std::string_view key, bool value) const;
  [[nodiscard]] Result<> must_be_one_of(std::string_view key, std::span<const std::string_view> texts) const;
  [[nodiscard]] Result<> must_be_nothing(std::string_view key) const;  // null, or an empty object or list

  // Every key was asked for by one of the above, or is one of `without_effect`. Fails naming the first other.
  [[nodiscard]] Result<> check_all_asked(std::span<const std::string_view> without_effect) const;

 private:
  struct Object;
  explicit Config(std::shared_ptr<Object> object) : object_(std::move(object)) {}
  std::shared_ptr<Object> object_;
};

struct Checkpoint {
  std::filesystem::path directory;
  Config config;
  TensorFiles weights;
  std::set<std::string> files;  // that were read, by their names in the directory
};

// Reads config.json and the headers of the weights. Fails (data): a file that is missing, damaged or not
// known, a tensor in two files or not where the index says.
[[nodiscard]] Result<Checkpoint> read_checkpoint(const std::filesystem::path& directory);

// Whether a checkpoint lies there, and a file that is written there might become part of it.
[[nodiscard]] bool holds_checkpoint(const std::filesystem::path& directory);

// The checkpoint's name, "NAME#HASH": that of its directory, or of the repository where that is a snapshot in
// a hub's cache, and what tells it from others of that name: a hash of the parameters of `graph` and of the
// numbers that its graphs follow from.
[[nodiscard]] Result<std::string> identified(const Checkpoint& checkpoint, const graph::Graph& graph,
                                             const std::map<std::string, std::string>& numbers);
// The same of any name and a hash of parameters.
[[nodiscard]] std::string identified(std::string_view name, std::string_view parameters,
                                     const std::map<std::string, std::string>& numbers);

// check_parameters of the checkpoint's weights, which must also be of the type that config.json asks for.
[[nodiscard]] Result<> check_weights(const graph::Graph& graph, const Checkpoint& checkpoint,
                                     std::span<const Spare> spares);

// check_tensor of the checkpoint's weights, before a graph is built as large as config.json says.
[[nodiscard]] Result<> check_size(const Checkpoint& checkpoint, const std::string& name,
                                  const tensor::Shape& shape);
// There cannot be more layers than tensors.
[[nodiscard]] Result<> check_layers(const Checkpoint& checkpoint, std::string_view key, int64_t layers);

}  // namespace assay::models
