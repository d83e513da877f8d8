// The family `whisper`: Whisper tiny (the published model's own name; its miniature is the size tiny of it).
#include <fmt/format.h>

#include <algorithm>

#include "models/assemble.h"
#include "models/family.h"
#include "models/whisper.h"

namespace assay::models {
namespace {

// What a request starts with: start of transcript, English, transcribe, no timestamps; and what follows it
// first.
const std::vector<int64_t> kPrompt = {50258, 50259, 50359, 50363};
constexpr int64_t kNext = 50364;

constexpr WhisperConfig kWhisperTiny = {.width = 384,
                                        .encoder_layers = 4,
                                        .decoder_layers = 4,
                                        .heads = 6,
                                        .feed_forward = 1536,
                                        .vocabulary = 51865};
constexpr WhisperConfig kWhisperMiniature = {.width = 48,
                                             .encoder_layers = 2,
                                             .decoder_layers = 2,
                                             .heads = 3,
                                             .feed_forward = 96,
                                             .vocabulary = 256,
                                             .mel_bins = 10,
                                             .frames = 60,
                                             .positions = 16};

constexpr int64_t kSeconds = 30;  // that all frames are of
constexpr int64_t kMostSpeeches = 256;

WhisperExtent extent_of(const WhisperConfig& config, const Wanted& wanted, int64_t length) {
  return {.length = length,
          .frames = config.frames / kSeconds * wanted.size(Dimension::seconds),
          .batch = wanted.size(Dimension::batch)};
}

// Rows of `length` tokens and the one after them, of both sets. Set 0 begins with the real prompt where the
// vocabulary has it.
std::array<std::vector<int64_t>, 2> tokens(const WhisperConfig& config, const WhisperExtent& extent) {
  const int64_t count = (extent.length + 1) * extent.batch;
  std::array<std::vector<int64_t>, 2> result = {drawn_indices("input_ids.0", count, config.vocabulary),
                                                drawn_indices("input_ids.1", count, config.vocabulary)};
  if (config.vocabulary <= kNext) return result;
  auto prompt = kPrompt;
  prompt.push_back(kNext);
  prompt.resize(std::min(prompt.size(), static_cast<size_t>(extent.length) + 1));
  std::ranges::copy(prompt, result[0].begin());
  return result;
}

std::array<TensorMap, 2> prompts(const std::array<std::vector<int64_t>, 2>& all, int64_t batch) {
  std::array<TensorMap, 2> result;
  for (size_t set = 0; set < 2; ++set)
    result[set].emplace("input_ids", integer_rows(without_last(all[set], batch), batch));
  return result;
}

Result<Workload> inference(const WhisperConfig& config, const Wanted& wanted) {
  const WhisperExtent extent = extent_of(config, wanted, wanted.size(Dimension::tokens));
  Workload result;
  ASSAY_TRY(auto graph, whisper_logits(config, wanted.graph_name, extent));
  result.step = with_noise(std::move(graph), prompts(tokens(config, extent), extent.batch));
  result.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  result.items = wanted.size(Dimension::seconds) * extent.batch;
  result.item_name = "seconds of speech";
  return result;
}

Result<Workload> training(const WhisperConfig& config, const Wanted& wanted) {
  const WhisperExtent extent = extent_of(config, wanted, wanted.size(Dimension::tokens));
  const auto all = tokens(config, extent);
  auto given = prompts(all, extent.batch);
  for (size_t set = 0; set < 2; ++set)
    given[set].emplace("labels", integer_list(without_first(all[set], extent.batch)));
  Workload result;
  ASSAY_TRY(auto graph, whisper_loss(config, wanted.graph_name, extent));
  result.step = with_noise(std::move(graph), std::move(given));
  result.draws = {{"input_ids", Ids{.limit = config.vocabulary}}, {"labels", Following{"input_ids"}}};
  result.items = wanted.size(Dimension::seconds) * extent.batch;
  result.item_name = "seconds of speech";
  return result;
}

// The last token of each row.
std::vector<int64_t> last_of(const std::vector<int64_t>& all, int64_t rows) {
  std::vector<int64_t> result;
  const size_t length = all.size() / static_cast<size_t>(rows);
  for (size_t at = length - 1; at < all.size(); at += length) result.push_back(all[at]);
  return result;
}

// Both sets go on from set 0's speech and prompts, with other tokens each.
Result<Workload> latency(const WhisperConfig& config, const Wanted& wanted) {
  const WhisperExtent extent = extent_of(config, wanted, wanted.size(Dimension::context));
  WhisperExtent longer = extent;
  ++longer.length;
  const auto all = tokens(config, extent);
  ASSAY_TRY(auto step, whisper_decode(config, wanted.graph_name, extent));
  ASSAY_TRY(auto state, whisper_cache(config, wanted.graph_name + "/state", extent));
  ASSAY_TRY(auto truth, whisper_last_row(config, wanted.graph_name + "/truth", longer));
  Workload result;
  result.items = extent.batch;
  result.item_name = "tokens";
  result.step.graph = std::move(step);
  Evaluation source = with_noise(std::move(state), prompts(all, extent.batch)), whole{std::move(truth), {}};
  source.inputs[1] = source.inputs[0];
  for (size_t set = 0; set < 2; ++set) {
    const auto next = last_of(all[set], extent.batch);
    const auto past = without_last(all[0], extent.batch);
    result.step.inputs[set] = {{"input_ids", integer_rows(next, extent.batch)}};
    whole.inputs[set] = {{"input_ids", integer_rows(continued_rows(past, next), extent.batch)},
                         {"input_features", source.inputs[0].at("input_features")}};
  }
  result.state = std::move(source);
  result.truth = std::move(whole);
  result.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  return result;
}

WorkloadDimensions dimensions(const WhisperConfig& config) {
  const Bounds prompt = {.usual = static_cast<int64_t>(kPrompt.size()), .most = config.positions},
               past = {.usual = prompt.usual, .most = config.positions - 1},
               seconds = {.usual = kSeconds, .most = kSeconds}, batch = {.most = kMostSpeeches};
  const Dimensions speech = {
      {Dimension::tokens, prompt}, {Dimension::seconds, seconds}, {Dimension::batch, batch}};
  return {{"inference", speech},
          {"latency", {{Dimension::context, past}, {Dimension::seconds, seconds}, {Dimension::batch, batch}}},
          {"training", speech}};
}

std::vector<Model> whisper_models(std::string_view size) {
  const bool small = size == "tiny";
  const WhisperConfig config = small ? kWhisperMiniature : kWhisperTiny;
  return {assemble({.name = "whisper-tiny",
                    .size = std::string(size),
                    .family = "whisper",
                    .description = fmt::format("Whisper tiny{}: speech to text, {} + {} layers of width {}",
                                               small ? " in miniature" : "", config.encoder_layers,
                                               config.decoder_layers, config.width),
                    .workloads = {"inference", "latency", "training"},
                    .dimensions = dimensions(config),
                    .spares = {{.name = "proj_out.weight", .same_as = "model.decoder.embed_tokens.weight"}}},
                   [config](const Wanted& wanted) {
                     return wanted.kind == "inference" ? inference(config, wanted)
                            : wanted.kind == "latency" ? latency(config, wanted)
                                                       : training(config, wanted);
                   })};
}

}  // namespace

Family whisper_family() { return {.name = "whisper", .models = whisper_models}; }

}  // namespace assay::models
