// The family `bert`: all-MiniLM-L6-v2, and any checkpoint directory of model type bert.
#include <fmt/format.h>

#include "models/assemble.h"
#include "models/bert.h"
#include "models/checkpoint_files.h"
#include "models/family.h"
#include "models/sentences.h"

namespace assay::models {
namespace {

// Real sentences where the vocabulary is theirs, drawn ids elsewhere; two of each, one an input set.
std::array<std::vector<int64_t>, 2> sentence_ids(const BertConfig& config, bool question) {
  const auto& real = question ? questions() : passages();
  std::array<std::vector<int64_t>, 2> ids = {real[0].ids, real[1].ids};
  if (config.vocabulary == kBertVocabulary) return ids;
  for (size_t set = 0; set < 2; ++set)
    ids[set] = drawn_indices(fmt::format("input_ids.{}", set), static_cast<int64_t>(ids[set].size()),
                             config.vocabulary);
  return ids;
}

// Between [CLS] and [SEP] whole words of the real vocabulary; any ids of another.
Ids drawn_ids(const BertConfig& config) {
  if (config.vocabulary != kBertVocabulary) return {.limit = config.vocabulary};
  return {.limit = kBertVocabulary, .least = kBertWords, .first = kBertStart, .last = kBertEnd};
}

Result<Workload> build(const BertConfig& config, std::string_view workload, const std::string& graph_name) {
  const auto ids = sentence_ids(config, workload == "latency");
  Workload result;
  result.items = static_cast<int64_t>(ids[0].size());
  result.item_name = "tokens";
  ASSAY_TRY(result.step.graph, bert_embedding(config, graph_name, result.items));
  for (size_t set = 0; set < 2; ++set) result.step.inputs[set] = {{"input_ids", integer_row(ids[set])}};
  result.draws = {{"input_ids", drawn_ids(config)}};
  return result;
}

// The pooler has no part in an embedding; old checkpoints keep the positions as a tensor.
const std::vector<Spare>& spares() {
  static const std::vector<Spare> all = {{.name = "pooler.dense.weight", .same_as = ""},
                                         {.name = "pooler.dense.bias", .same_as = ""},
                                         {.name = "embeddings.position_ids", .same_as = ""}};
  return all;
}

std::map<std::string, std::string> numbers(const BertConfig& config) {
  return {{"hidden_size", fmt::format("{}", config.hidden)},
          {"num_hidden_layers", fmt::format("{}", config.layers)},
          {"num_attention_heads", fmt::format("{}", config.heads)},
          {"intermediate_size", fmt::format("{}", config.feed_forward)},
          {"vocab_size", fmt::format("{}", config.vocabulary)},
          {"max_position_embeddings", fmt::format("{}", config.positions)},
          {"type_vocab_size", fmt::format("{}", config.token_types)},
          {"layer_norm_eps", fmt::format("{}", config.norm_epsilon)},
          {"pooling", config.pooling == Pooling::mean ? "mean" : "cls"},
          {"normalisation", fmt::format("{}", config.normalised)}};
}

Model model_of(const BertConfig& config, std::string name, std::string size, std::string description) {
  return assemble({.name = std::move(name),
                   .size = std::move(size),
                   .family = "bert",
                   .description = std::move(description),
                   .workloads = {"inference", "latency"},
                   .numbers = numbers(config),
                   .spares = spares()},
                  [config](std::string_view workload, const std::string& graph_name) {
                    return build(config, workload, graph_name);
                  });
}

std::vector<Model> bert_models(std::string_view size) {
  const BertConfig full = {
      .hidden = 384, .layers = 6, .heads = 12, .feed_forward = 1536, .vocabulary = kBertVocabulary};
  const BertConfig tiny = {
      .hidden = 48, .layers = 2, .heads = 4, .feed_forward = 96, .vocabulary = 256, .positions = 160};
  const bool small = size == "tiny";
  return {model_of(
      small ? tiny : full, "minilm-l6", std::string(size),
      fmt::format("all-MiniLM-L6-v2{}: sentence embeddings, {} layers of width {}",
                  small ? " in miniature" : "", (small ? tiny : full).layers, (small ? tiny : full).hidden))};
}

// Before a graph is built as large as config.json says.
Result<> check_sizes(const BertConfig& config, const Checkpoint& checkpoint) {
  ASSAY_TRY_VOID(check_layers(checkpoint, "num_hidden_layers", config.layers));
  const auto table = [&](std::string_view part, int64_t rows) {
    return check_size(checkpoint, fmt::format("embeddings.{}_embeddings.weight", part),
                      {rows, config.hidden});
  };
  ASSAY_TRY_VOID(table("word", config.vocabulary));
  ASSAY_TRY_VOID(table("position", config.positions));
  ASSAY_TRY_VOID(table("token_type", config.token_types));
  return check_size(checkpoint, "encoder.layer.0.intermediate.dense.weight",
                    {config.feed_forward, config.hidden});
}

Result<BertConfig> config_of(const Checkpoint& checkpoint) {
  constexpr int64_t kLongest = 128;  // tokens of the workload inference
  ASSAY_TRY(BertConfig config, bert_config(checkpoint.config));
  if (config.positions < kLongest)
    return checkpoint.config.refuse("max_position_embeddings", fmt::format("at least {}", kLongest));
  ASSAY_TRY(const auto modules, read_sentence_modules(checkpoint.directory, config.hidden, kLongest));
  config.pooling = modules.pooling;
  config.normalised = modules.normalised;
  std::set<std::string> files = checkpoint.files;
  files.insert(modules.files.begin(), modules.files.end());
  ASSAY_TRY_VOID(check_files(checkpoint.directory, files));
  return config;
}

Result<Model> from_checkpoint(const Checkpoint& checkpoint) {
  ASSAY_TRY(const BertConfig config, config_of(checkpoint));
  ASSAY_TRY_VOID(check_sizes(config, checkpoint));
  ASSAY_TRY(const auto graph, bert_embedding(config, "checkpoint", 1));
  ASSAY_TRY_VOID(check_weights(graph, checkpoint, spares()));
  ASSAY_TRY(const std::string name, identified(checkpoint, graph, numbers(config)));
  Model model = model_of(config, name, "full",
                         fmt::format("{}: sentence embeddings of the BERT family, {} layers of width {}",
                                     name, config.layers, config.hidden));
  model.checkpoint = checkpoint.weights.files;
  return model;
}

}  // namespace

Family bert_family() {
  return {.name = "bert", .models = bert_models, .model_types = {"bert"}, .from_checkpoint = from_checkpoint};
}

}  // namespace assay::models
