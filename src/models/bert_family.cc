// The family `bert`: all-MiniLM-L6-v2, and any checkpoint directory of model type bert.
#include <fmt/format.h>

#include "models/assemble.h"
#include "models/bert.h"
#include "models/checkpoint_files.h"
#include "models/family.h"
#include "models/sentences.h"

namespace assay::models {
namespace {

constexpr int64_t kPassage = 128, kQuestion = 8;  // usual tokens of inference and latency

// Between [CLS] and [SEP] whole words of the real vocabulary; any ids of another.
Ids drawn_ids(const BertConfig& config) {
  if (config.vocabulary != kBertVocabulary) return {.limit = config.vocabulary};
  return {.limit = kBertVocabulary, .least = kBertWords, .first = kBertStart, .last = kBertEnd};
}

// Rows of drawn words in their frame.
std::vector<int64_t> drawn_rows(const BertConfig& config, std::string_view name, int64_t length,
                                int64_t rows) {
  const Ids ids = drawn_ids(config);
  auto result = drawn_indices(name, length * rows, ids.limit - ids.least);
  for (size_t i = 0; i < result.size(); ++i) {
    const auto place = static_cast<int64_t>(i) % length;
    result[i] += ids.least;
    if (place == 0) result[i] = ids.first.value_or(result[i]);
    if (place == length - 1) result[i] = ids.last.value_or(result[i]);
  }
  return result;
}

// Real sentences where vocabulary and length are theirs, drawn ids elsewhere; an input set each begins with
// one.
std::vector<int64_t> sentences(const BertConfig& config, const Wanted& wanted, size_t set) {
  const int64_t length = wanted.size(Dimension::tokens), batch = wanted.size(Dimension::batch);
  const auto& real = wanted.kind == "latency" ? questions() : passages();
  const std::string name = fmt::format("input_ids.{}", set);
  if (config.vocabulary != kBertVocabulary || length != static_cast<int64_t>(real[set].ids.size()))
    return drawn_rows(config, name, length, batch);
  auto result = real[set].ids;
  const auto others = drawn_rows(config, name, length, batch - 1);
  result.insert(result.end(), others.begin(), others.end());
  return result;
}

Result<Workload> build(const BertConfig& config, const Wanted& wanted) {
  const int64_t length = wanted.size(Dimension::tokens), batch = wanted.size(Dimension::batch);
  Workload result;
  result.items = length * batch;
  result.item_name = "tokens";
  ASSAY_TRY(result.step.graph, bert_embedding(config, wanted.graph_name, length, batch));
  for (size_t set = 0; set < 2; ++set)
    result.step.inputs[set] = {{"input_ids", integer_rows(sentences(config, wanted, set), batch)}};
  result.draws = {{"input_ids", drawn_ids(config)}};
  return result;
}

// Its frame takes two tokens, and one more is drawn.
WorkloadDimensions dimensions(const BertConfig& config) {
  constexpr int64_t kLeast = 3;
  const Bounds batch = {.most = kMostBatch};
  const auto tokens = [&](int64_t usual) {
    return Bounds{.usual = usual, .least = kLeast, .most = config.positions};
  };
  return {{"inference", {{Dimension::tokens, tokens(kPassage)}, {Dimension::batch, batch}}},
          {"latency", {{Dimension::tokens, tokens(kQuestion)}, {Dimension::batch, batch}}}};
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
                   .dimensions = dimensions(config),
                   .numbers = numbers(config),
                   .spares = spares()},
                  [config](const Wanted& wanted) { return build(config, wanted); });
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
  ASSAY_TRY(BertConfig config, bert_config(checkpoint.config));
  if (config.positions < kPassage)
    return checkpoint.config.refuse("max_position_embeddings", fmt::format("at least {}", kPassage));
  ASSAY_TRY(const auto modules, read_sentence_modules(checkpoint.directory, config.hidden, kPassage));
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
