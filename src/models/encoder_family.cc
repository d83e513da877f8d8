// The family `encoder`: all-MiniLM-L6-v2, and any checkpoint directory of an encoder's model type.
#include <fmt/format.h>

#include "models/assemble.h"
#include "models/checkpoint_files.h"
#include "models/encoder_config.h"
#include "models/family.h"
#include "models/sentences.h"

namespace assay::models {
namespace {

constexpr int64_t kPassage = 128, kQuestion = 8;  // usual tokens of inference and latency

// Between [CLS] and [SEP] whole words of the real vocabulary; any ids of another, but for the one that stands
// for padding: those on its larger side.
Ids drawn_ids(const EncoderConfig& config) {
  if (config.padding)
    return *config.padding < config.vocabulary / 2
               ? Ids{.limit = config.vocabulary, .least = *config.padding + 1}
               : Ids{.limit = *config.padding};
  if (config.vocabulary != kBertVocabulary) return {.limit = config.vocabulary};
  return {.limit = kBertVocabulary, .least = kBertWords, .first = kBertStart, .last = kBertEnd};
}

// Rows of drawn words in their frame.
std::vector<int64_t> drawn_rows(const EncoderConfig& config, std::string_view name, int64_t length,
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
std::vector<int64_t> sentences(const EncoderConfig& config, const Wanted& wanted, size_t set) {
  const int64_t length = wanted.size(Dimension::tokens), batch = wanted.size(Dimension::batch);
  const auto& real = wanted.kind == "latency" ? questions() : passages();
  const std::string name = fmt::format("input_ids.{}", set);
  if (!drawn_ids(config).first || length != static_cast<int64_t>(real[set].ids.size()))
    return drawn_rows(config, name, length, batch);
  auto result = real[set].ids;
  const auto others = drawn_rows(config, name, length, batch - 1);
  result.insert(result.end(), others.begin(), others.end());
  return result;
}

Workload with_sentences(const EncoderConfig& config, const Wanted& wanted, Graph graph) {
  const int64_t batch = wanted.size(Dimension::batch);
  Workload result;
  result.step.graph = std::move(graph);
  for (size_t set = 0; set < 2; ++set)
    result.step.inputs[set] = {{"input_ids", integer_rows(sentences(config, wanted, set), batch)}};
  result.draws = {{"input_ids", drawn_ids(config)}};
  return result;
}

// Each position is to be told as some word: those of the sentence where nothing hides them, others where
// something does. Here all are drawn.
void add_labels(const EncoderConfig& config, int64_t count, Workload& workload) {
  for (size_t set = 0; set < 2; ++set)
    workload.step.inputs[set].emplace(
        "labels", integer_list(drawn_indices(fmt::format("labels.{}", set), count, config.vocabulary)));
  workload.draws.emplace("labels", Ids{.limit = config.vocabulary});
}

Result<Workload> build(const EncoderConfig& config, const Wanted& wanted) {
  const int64_t length = wanted.size(Dimension::tokens), batch = wanted.size(Dimension::batch);
  const bool training = wanted.kind == "training";
  const auto make = training ? encoder_loss : encoder_outputs;
  ASSAY_TRY(auto graph, make(config, wanted.graph_name, length, batch));
  Workload result = with_sentences(config, wanted, std::move(graph));
  if (!config.ropes.empty()) {
    EncoderConfig rounded = config;
    rounded.float32_angles = true;
    ASSAY_TRY(result.rounded, make(rounded, wanted.graph_name, length, batch));
  }
  if (training) add_labels(config, length * batch, result);
  result.items = length * batch;
  result.item_name = "tokens";
  return result;
}

// Its frame takes two tokens, and one more is drawn.
WorkloadDimensions dimensions(const EncoderConfig& config) {
  constexpr int64_t kLeast = 3;
  const Bounds batch = {.most = kMostBatch};
  const auto tokens = [&](int64_t usual) {
    return Bounds{.usual = usual, .least = kLeast, .most = config.longest()};
  };
  WorkloadDimensions result = {
      {"inference", {{Dimension::tokens, tokens(kPassage)}, {Dimension::batch, batch}}},
      {"latency", {{Dimension::tokens, tokens(kQuestion)}, {Dimension::batch, batch}}}};
  if (config.head) result["training"] = {{Dimension::tokens, tokens(kPassage)}, {Dimension::batch, batch}};
  return result;
}

Model model_of(const EncoderConfig& config, bool embedder, std::string name, std::string size,
               std::string description) {
  std::vector<std::string> workloads = {"inference", "latency"};
  if (config.head) workloads.emplace_back("training");
  return assemble({.name = std::move(name),
                   .size = std::move(size),
                   .family = "encoder",
                   .description = std::move(description),
                   .workloads = std::move(workloads),
                   .dimensions = dimensions(config),
                   .numbers = encoder_numbers(config),
                   .spares = encoder_spares(config, embedder)},
                  [config](const Wanted& wanted) { return build(config, wanted); });
}

std::vector<Model> encoder_models(std::string_view size) {
  const EncoderConfig full = {
      .hidden = 384, .layers = 6, .heads = 12, .feed_forward = 1536, .vocabulary = kBertVocabulary};
  const EncoderConfig tiny = {
      .hidden = 48, .layers = 2, .heads = 4, .feed_forward = 96, .vocabulary = 256, .positions = 160};
  const bool small = size == "tiny";
  return {model_of(
      small ? tiny : full, false, "minilm-l6", std::string(size),
      fmt::format("all-MiniLM-L6-v2{}: sentence embeddings, {} layers of width {}",
                  small ? " in miniature" : "", (small ? tiny : full).layers, (small ? tiny : full).hidden))};
}

// Before a graph is built as large as config.json says.
Result<> check_sizes(const EncoderConfig& config, const Checkpoint& checkpoint) {
  const EncoderNames& names = config.names;
  const auto matrix = [&](std::string_view part, int64_t rows) {
    return part.empty() ? Result<>()
                        : check_size(checkpoint, fmt::format("{}{}.weight", config.prefix, part),
                                     {rows, config.hidden});
  };
  const auto first = [&](std::string_view part, int64_t rows) {
    return part.empty() ? Result<>() : matrix(fmt::format("{}.0.{}", names.layer, part), rows);
  };
  ASSAY_TRY_VOID(matrix(names.words, config.vocabulary));
  ASSAY_TRY_VOID(matrix(names.positions, config.positions));
  if (config.token_types > 0) ASSAY_TRY_VOID(matrix(names.types, config.token_types));
  ASSAY_TRY_VOID(first(names.qkv, 3 * config.heads * config.head_width()));
  ASSAY_TRY_VOID(first(names.query, config.heads * config.head_width()));
  ASSAY_TRY_VOID(first(names.gate_up, 2 * config.feed_forward));
  return first(names.up, config.feed_forward);
}

struct Read {
  EncoderConfig config;
  bool embedder;  // sentence-transformers takes it
};

Result<Read> read_all(const Checkpoint& checkpoint) {
  std::error_code ec;
  const bool embedder = std::filesystem::exists(checkpoint.directory / kModulesFile, ec);
  ASSAY_TRY(EncoderConfig config, encoder_config(checkpoint, embedder, kPassage));
  std::set<std::string> files = checkpoint.files;
  if (!config.head) {
    ASSAY_TRY(const auto modules, read_sentence_modules(checkpoint.directory, config.hidden, kPassage));
    config.pooling = modules.pooling;
    config.normalised = modules.normalised;
    files.insert(modules.files.begin(), modules.files.end());
  }
  ASSAY_TRY_VOID(check_files(checkpoint.directory, files));
  return Read{std::move(config), embedder};
}

Result<Model> encoder_from_checkpoint(const Checkpoint& checkpoint) {
  ASSAY_TRY(const Read read, read_all(checkpoint));
  const EncoderConfig& config = read.config;
  ASSAY_TRY_VOID(check_sizes(config, checkpoint));
  ASSAY_TRY(const auto graph, encoder_outputs(config, "checkpoint", 1));
  ASSAY_TRY_VOID(check_weights(graph, checkpoint, encoder_spares(config, read.embedder)));
  ASSAY_TRY(const std::string name, identified(checkpoint, graph, encoder_numbers(config)));
  Model model = model_of(config, read.embedder, name, "full",
                         fmt::format("{}: {}, {} layers of width {}", name,
                                     config.head ? "masked language model" : "sentence embeddings",
                                     config.layers, config.hidden));
  model.checkpoint = checkpoint.weights.files;
  return model;
}

}  // namespace

Family encoder_family() {
  return {.name = "encoder",
          .models = encoder_models,
          .model_types = encoder_types(),
          .from_checkpoint = encoder_from_checkpoint};
}

}  // namespace assay::models
