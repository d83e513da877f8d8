// The family `whisper`: Whisper tiny (the published model's own name; its miniature is the size tiny of it).
#include <fmt/format.h>

#include "models/assemble.h"
#include "models/family.h"
#include "models/whisper.h"

namespace assay::models {
namespace {

// What a request starts with: start of transcript, English, transcribe, no timestamps; and what follows it
// first.
const std::vector<int64_t> kPrompt = {50258, 50259, 50359, 50363};
constexpr int64_t kNext = 50364;

constexpr WhisperConfig kFull = {.width = 384,
                                 .encoder_layers = 4,
                                 .decoder_layers = 4,
                                 .heads = 6,
                                 .feed_forward = 1536,
                                 .vocabulary = 51865};
constexpr WhisperConfig kTiny = {.width = 48,
                                 .encoder_layers = 2,
                                 .decoder_layers = 2,
                                 .heads = 3,
                                 .feed_forward = 96,
                                 .vocabulary = 256,
                                 .mel_bins = 10,
                                 .frames = 60,
                                 .positions = 16};

// The prompt and the token after it. Set 0 has the real ones where the vocabulary has them.
std::array<std::vector<int64_t>, 2> tokens(const WhisperConfig& config) {
  const auto length = static_cast<int64_t>(kPrompt.size()) + 1;
  std::array<std::vector<int64_t>, 2> result = {drawn_indices("input_ids.0", length, config.vocabulary),
                                                drawn_indices("input_ids.1", length, config.vocabulary)};
  if (config.vocabulary <= kNext) return result;
  result[0] = kPrompt;
  result[0].push_back(kNext);
  return result;
}

std::vector<int64_t> prompt_of(const std::vector<int64_t>& all) { return {all.begin(), all.end() - 1}; }

std::array<TensorMap, 2> prompts(const WhisperConfig& config) {
  const auto all = tokens(config);
  return {TensorMap{{"input_ids", integer_row(prompt_of(all[0]))}},
          TensorMap{{"input_ids", integer_row(prompt_of(all[1]))}}};
}

Result<Workload> inference(const WhisperConfig& config, const std::string& name) {
  Workload result;
  result.items = 30;
  result.item_name = "seconds of speech";
  ASSAY_TRY(auto graph, whisper_logits(config, name, static_cast<int64_t>(kPrompt.size())));
  result.step = with_noise(std::move(graph), prompts(config));
  result.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  return result;
}

Result<Workload> training(const WhisperConfig& config, const std::string& name) {
  auto given = prompts(config);
  const auto all = tokens(config);
  for (size_t set = 0; set < 2; ++set)
    given[set].emplace("labels", integer_list({all[set].begin() + 1, all[set].end()}));
  Workload result;
  result.items = 30;
  result.item_name = "seconds of speech";
  ASSAY_TRY(auto graph, whisper_loss(config, name, static_cast<int64_t>(kPrompt.size())));
  result.step = with_noise(std::move(graph), std::move(given));
  result.draws = {{"input_ids", Ids{.limit = config.vocabulary}}, {"labels", Following{"input_ids"}}};
  return result;
}

// Both sets go on from set 0's speech and prompt, with another token each.
Result<Workload> latency(const WhisperConfig& config, const std::string& name) {
  const auto past = static_cast<int64_t>(kPrompt.size());
  const auto all = tokens(config);
  ASSAY_TRY(auto step, whisper_decode(config, name, past));
  ASSAY_TRY(auto state, whisper_cache(config, name + "/state", past));
  ASSAY_TRY(auto truth, whisper_last_row(config, name + "/truth", past + 1));
  Workload result;
  result.item_name = "tokens";
  result.step.graph = std::move(step);
  Evaluation source = with_noise(std::move(state), prompts(config)), whole{std::move(truth), {}};
  source.inputs[1] = source.inputs[0];
  for (size_t set = 0; set < 2; ++set) {
    auto sequence = prompt_of(all[0]);
    sequence.push_back(all[set].back());
    result.step.inputs[set] = {{"input_ids", integer_row({all[set].back()})}};
    whole.inputs[set] = {{"input_ids", integer_row(sequence)},
                         {"input_features", source.inputs[0].at("input_features")}};
  }
  result.state = std::move(source);
  result.truth = std::move(whole);
  result.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  return result;
}

std::vector<Model> whisper_models(std::string_view size) {
  const bool small = size == "tiny";
  const WhisperConfig config = small ? kTiny : kFull;
  return {assemble({.name = "whisper-tiny",
                    .size = std::string(size),
                    .family = "whisper",
                    .description = fmt::format("Whisper tiny{}: speech to text, {} + {} layers of width {}",
                                               small ? " in miniature" : "", config.encoder_layers,
                                               config.decoder_layers, config.width),
                    .workloads = {"inference", "latency", "training"},
                    .spares = {{.name = "proj_out.weight", .same_as = "model.decoder.embed_tokens.weight"}}},
                   [config](std::string_view workload, const std::string& name) {
                     return workload == "inference" ? inference(config, name)
                            : workload == "latency" ? latency(config, name)
                                                    : training(config, name);
                   })};
}

}  // namespace

Family whisper_family() { return {.name = "whisper", .models = whisper_models}; }

}  // namespace assay::models
