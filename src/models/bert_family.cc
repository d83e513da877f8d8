// The family `bert`: all-MiniLM-L6-v2, and any checkpoint directory of model type bert.
#include <fmt/format.h>

#include "models/assemble.h"
#include "models/bert.h"
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

Model model_of(const BertConfig& config, std::string name, std::string size, std::string description) {
  return assemble({.name = std::move(name),
                   .size = std::move(size),
                   .family = "bert",
                   .description = std::move(description),
                   .workloads = {"inference", "latency"}},
                  [config](std::string_view workload, const std::string& graph_name) {
                    return build(config, workload, graph_name);
                  });
}

std::vector<Model> models(std::string_view size) {
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

Result<Model> from_checkpoint(const Checkpoint& checkpoint) {
  ASSAY_TRY(const BertConfig config, bert_config(checkpoint.config));
  constexpr int64_t kLongest = 128;  // tokens of the workload inference
  if (config.positions < kLongest)
    return checkpoint.config.refuse("max_position_embeddings", fmt::format("at least {}", kLongest));
  ASSAY_TRY(const auto graph, bert_embedding(config, "checkpoint", 1));
  // The pooler does not take part in the mean; old checkpoints keep the positions as a tensor.
  ASSAY_TRY_VOID(check_parameters(graph, checkpoint,
                                  {"pooler.dense.weight", "pooler.dense.bias", "embeddings.position_ids"}));
  const std::string name = std::filesystem::weakly_canonical(checkpoint.directory).filename().string();
  Model model = model_of(config, name, "full",
                         fmt::format("{}: sentence embeddings of the BERT family, {} layers of width {}",
                                     name, config.layers, config.hidden));
  model.checkpoint = checkpoint.files;
  return model;
}

}  // namespace

Family bert_family() {
  return {.name = "bert", .models = models, .model_types = {"bert"}, .from_checkpoint = from_checkpoint};
}

}  // namespace assay::models
