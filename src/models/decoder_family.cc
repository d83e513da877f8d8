// The family `decoder`: SmolLM2 in its three sizes, and any checkpoint directory of a decoder's model type,
// and GGUF files.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "models/assemble.h"
#include "models/checkpoint_files.h"
#include "models/decoder_config.h"
#include "models/family.h"
#include "models/gguf_weights.h"

namespace assay::models {
namespace {

constexpr size_t kMostOfFileName = 200;
constexpr int64_t kContext = 128;  // usual tokens of a prefill, and of the past of a decoded token

// The token ids of both input sets, row by row: 0, 1, 2, ... and generated ones; rows after the first are
// generated in both.
std::array<std::vector<int64_t>, 2> token_ids(const DecoderConfig& config, int64_t count, int64_t rows) {
  std::vector<int64_t> first(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) first[static_cast<size_t>(i)] = i % config.vocabulary;
  return {with_drawn_rows(std::move(first), "input_ids.rows", rows, config.vocabulary),
          drawn_indices("input_ids", count * rows, config.vocabulary)};
}

DecoderConfig with_float32_angles(DecoderConfig config) {
  config.float32_angles = true;
  return config;
}

Result<Workload> inference(const DecoderConfig& config, const Wanted& wanted) {
  const DecoderTokens tokens{.batch = wanted.size(Dimension::batch), .count = wanted.size(Dimension::tokens)};
  const auto ids = token_ids(config, tokens.count, tokens.batch);
  ASSAY_TRY(auto step, decoder_prefill(config, wanted.graph_name, tokens));
  Workload workload;
  ASSAY_TRY(workload.rounded, decoder_prefill(with_float32_angles(config), wanted.graph_name, tokens));
  workload.step.graph = std::move(step);
  for (size_t set = 0; set < 2; ++set)
    workload.step.inputs[set] = {{"input_ids", integer_rows(ids[set], tokens.batch)}};
  workload.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  workload.items = tokens.count * tokens.batch;
  return workload;
}

// Set 1 decodes other tokens after the same past.
Result<Workload> latency(const DecoderConfig& config, const Wanted& wanted) {
  const int64_t context = wanted.size(Dimension::context), batch = wanted.size(Dimension::batch);
  const std::string& name = wanted.graph_name;
  const auto past = token_ids(config, context, batch)[0];
  const std::array<std::vector<int64_t>, 2> next = {
      with_drawn_rows({context % config.vocabulary}, "next_id.rows", batch, config.vocabulary),
      drawn_indices("next_id", batch, config.vocabulary)};
  const DecoderTokens tokens{.batch = batch, .count = 1, .past = context};
  ASSAY_TRY(auto step, decoder_decode(config, name, tokens));
  ASSAY_TRY(auto state, decoder_cache(config, name + "/state", tokens));
  ASSAY_TRY(auto truth, decoder_last_rows(config, name + "/truth", tokens));
  Workload workload;
  ASSAY_TRY(workload.rounded, decoder_decode(with_float32_angles(config), name, tokens));
  workload.step.graph = std::move(step);
  workload.state = Evaluation{std::move(state), {}};
  workload.truth = Evaluation{std::move(truth), {}};
  workload.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  workload.items = batch;
  for (size_t set = 0; set < 2; ++set) {
    workload.step.inputs[set] = {{"input_ids", integer_rows(next[set], batch)}};
    workload.state->inputs[set] = {{"input_ids", integer_rows(past, batch)}};
    workload.truth->inputs[set] = {{"input_ids", integer_rows(continued_rows(past, next[set]), batch)}};
  }
  return workload;
}

constexpr int64_t kWritten = 32;  // usual tokens of a reply

// A prompt is read and a reply written. What each written token follows is given, so that two that are nearly
// equally likely cannot lead contestants to different texts.
Result<Workload> generate(const DecoderConfig& config, const Wanted& wanted) {
  const DecoderTokens tokens{.batch = wanted.size(Dimension::batch),
                             .count = wanted.size(Dimension::new_tokens),
                             .past = wanted.size(Dimension::tokens)};
  const std::string& name = wanted.graph_name;
  const auto ids = token_ids(config, tokens.total() - 1, tokens.batch);
  Workload workload;
  ASSAY_TRY(workload.step.graph, decoder_request(config, name, tokens));
  ASSAY_TRY(workload.rounded, decoder_request(with_float32_angles(config), name, tokens));
  ASSAY_TRY(auto prefill, decoder_request_prefill(config, name + "/prefill", tokens));
  ASSAY_TRY(auto decode, decoder_request_decode(config, name + "/decode", tokens));
  const auto alone = [&](int64_t past) {
    return decoder_decode(config, name, {.batch = tokens.batch, .count = 1, .past = past});
  };
  ASSAY_TRY(auto first, alone(tokens.past));
  ASSAY_TRY(auto last, alone(tokens.total() - 2));
  workload.generation = Generation{.prefill = std::move(prefill),
                                   .decode = std::move(decode),
                                   .decodes = tokens.count - 1,
                                   .at_least = {std::move(first), std::move(last)}};
  for (size_t set = 0; set < 2; ++set)
    workload.step.inputs[set] = {{"input_ids", integer_rows(ids[set], tokens.batch)}};
  workload.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  workload.items = tokens.count * tokens.batch;
  return workload;
}

// The label of each position is the token that follows.
Result<Workload> training(const DecoderConfig& config, const Wanted& wanted) {
  const DecoderTokens tokens{.batch = wanted.size(Dimension::batch), .count = wanted.size(Dimension::tokens)};
  const int64_t batch = tokens.batch;
  const auto ids = token_ids(config, tokens.count + 1, batch);
  ASSAY_TRY(auto step, decoder_loss(config, wanted.graph_name, tokens));
  Workload workload;
  ASSAY_TRY(workload.rounded, decoder_loss(with_float32_angles(config), wanted.graph_name, tokens));
  workload.step.graph = std::move(step);
  for (size_t set = 0; set < 2; ++set)
    workload.step.inputs[set] = {{"input_ids", integer_rows(without_last(ids[set], batch), batch)},
                                 {"labels", integer_list(without_first(ids[set], batch))}};
  workload.draws = {{"input_ids", Ids{.limit = config.vocabulary}}, {"labels", Following{"input_ids"}}};
  workload.items = tokens.count * tokens.batch;
  return workload;
}

Result<Workload> build(const DecoderConfig& config, const Wanted& wanted) {
  static const std::map<std::string_view, Result<Workload> (*)(const DecoderConfig&, const Wanted&)> kMakers =
      {{"inference", inference}, {"latency", latency}, {"training", training}, {"generate", generate}};
  ASSAY_TRY(Workload workload, kMakers.at(wanted.kind)(config, wanted));
  workload.item_name = "tokens";
  return workload;
}

// A decoded token takes a position of its own.
WorkloadDimensions dimensions(const DecoderConfig& config) {
  const int64_t most = config.positions > 0 ? std::max(config.positions, kContext) : record::kMostOfDimension;
  const Bounds batch = {.most = kMostBatch}, tokens = {.usual = kContext, .most = most},
               context = {.usual = kContext, .most = std::max(most - 1, kContext)};
  return {{"inference", {{Dimension::tokens, tokens}, {Dimension::batch, batch}}},
          {"latency", {{Dimension::context, context}, {Dimension::batch, batch}}},
          {"training", {{Dimension::tokens, tokens}, {Dimension::batch, batch}}},
          {"generate",
           {{Dimension::tokens, tokens},
            {Dimension::new_tokens, {.usual = kWritten, .least = 2, .most = most}},
            {Dimension::batch, batch}}}};
}

// Old checkpoints keep the frequencies as a tensor; a tied head may be kept twice.
std::vector<Spare> spares(const DecoderConfig& config) {
  std::vector<Spare> result = {{.name = "model.layers.*.self_attn.rotary_emb.inv_freq", .same_as = ""}};
  if (config.tied_head) result.push_back({.name = "lm_head.weight", .same_as = "model.embed_tokens.weight"});
  return result;
}

Model model_of(const DecoderConfig& config, std::string name, std::string size, std::string description) {
  return assemble({.name = std::move(name),
                   .size = std::move(size),
                   .family = "decoder",
                   .description = std::move(description),
                   .workloads = {"inference", "latency", "training", "generate"},
                   .dimensions = dimensions(config),
                   .numbers = decoder_numbers(config),
                   .spares = spares(config)},
                  [config](const Wanted& wanted) { return build(config, wanted); });
}

// A configuration and its miniature: the same operators and the same grouping of heads.
struct Sibling {
  const char* name;
  const char* title;
  DecoderConfig full;
  DecoderConfig tiny;
};

const std::vector<Sibling>& siblings() {
  static const std::vector<Sibling> all = {
      {.name = "smollm2-135m",
       .title = "SmolLM2 135M",
       .full = {.hidden = 576,
                .layers = 30,
                .feed_forward = 1536,
                .query_heads = 9,
                .kv_heads = 3,
                .head_size = 64,
                .vocabulary = 49152,
                .ropes = {{.size = 64, .theta = 100000}},
                .positions = 8192},
       .tiny = {.hidden = 96,
                .layers = 2,
                .feed_forward = 192,
                .query_heads = 6,
                .kv_heads = 2,
                .head_size = 16,
                .vocabulary = 256,
                .ropes = {{.size = 16, .theta = 100000}},
                .positions = 8192}},
      {.name = "smollm2-360m",
       .title = "SmolLM2 360M",
       .full = {.hidden = 960,
                .layers = 32,
                .feed_forward = 2560,
                .query_heads = 15,
                .kv_heads = 5,
                .head_size = 64,
                .vocabulary = 49152,
                .ropes = {{.size = 64, .theta = 100000}},
                .positions = 8192},
       .tiny = {.hidden = 48,
                .layers = 3,
                .feed_forward = 128,
                .query_heads = 3,
                .kv_heads = 1,
                .head_size = 16,
                .vocabulary = 256,
                .ropes = {{.size = 16, .theta = 100000}},
                .positions = 8192}},
      {.name = "smollm2-1.7b",
       .title = "SmolLM2 1.7B",
       .full = {.hidden = 2048,
                .layers = 24,
                .feed_forward = 8192,
                .query_heads = 32,
                .kv_heads = 32,
                .head_size = 64,
                .vocabulary = 49152,
                .ropes = {{.size = 64, .theta = 130000}},
                .positions = 8192},
       .tiny = {.hidden = 64,
                .layers = 2,
                .feed_forward = 256,
                .query_heads = 4,
                .kv_heads = 4,
                .head_size = 16,
                .vocabulary = 256,
                .ropes = {{.size = 16, .theta = 130000}},
                .positions = 8192}},
  };
  return all;
}

std::vector<Model> decoder_models(std::string_view size) {
  std::vector<Model> result;
  for (const Sibling& sibling : siblings()) {
    const bool tiny = size == "tiny";
    const DecoderConfig& config = tiny ? sibling.tiny : sibling.full;
    result.push_back(model_of(config, sibling.name, std::string(size),
                              fmt::format("{}{}: language model, {} layers of width {}", sibling.title,
                                          tiny ? " in miniature" : "", config.layers, config.hidden)));
  }
  return result;
}

// Before a graph is built as large as config.json says.
Result<> check_sizes(const DecoderConfig& config, const Checkpoint& checkpoint) {
  ASSAY_TRY_VOID(check_layers(checkpoint, "num_hidden_layers", config.layers));
  ASSAY_TRY_VOID(check_size(checkpoint, "model.embed_tokens.weight", {config.vocabulary, config.hidden}));
  const auto first = [&](std::string_view part, int64_t rows) {
    return check_size(checkpoint, fmt::format("model.layers.0.{}.weight", part), {rows, config.hidden});
  };
  const int64_t query = config.query_heads * config.head_size, key = config.kv_heads * config.head_size;
  if (config.fused) {
    ASSAY_TRY_VOID(first("self_attn.qkv_proj", query + 2 * key));
    return first("mlp.gate_up_proj", 2 * config.feed_forward);
  }
  ASSAY_TRY_VOID(first("self_attn.q_proj", query));
  ASSAY_TRY_VOID(first("self_attn.k_proj", key));
  return first("mlp.gate_proj", config.feed_forward);
}

Model model_from(const DecoderConfig& config, const std::string& name,
                 std::vector<std::filesystem::path> checkpoint) {
  Model model =
      model_of(config, name, "full",
               fmt::format("{}: language model, {} layers of width {}", name, config.layers, config.hidden));
  model.checkpoint = std::move(checkpoint);
  return model;
}

Result<Model> decoder_from_checkpoint(const Checkpoint& checkpoint) {
  ASSAY_TRY(const DecoderConfig config, decoder_config(checkpoint.config));
  if (config.vocabulary <= kContext)
    return checkpoint.config.refuse("vocab_size",
                                    fmt::format("more than {}: the ids of the workloads", kContext));
  ASSAY_TRY_VOID(check_files(checkpoint.directory, checkpoint.files));
  ASSAY_TRY_VOID(check_sizes(config, checkpoint));
  ASSAY_TRY(const auto graph, decoder_prefill(config, "checkpoint", {}));
  ASSAY_TRY_VOID(check_weights(graph, checkpoint, spares(config)));
  ASSAY_TRY(const std::string name, identified(checkpoint, graph, decoder_numbers(config)));
  return model_from(config, name, checkpoint.weights.files);
}

Result<Model> decoder_from_gguf(const std::filesystem::path& file) {
  ASSAY_TRY(const GgufDecoder decoder, read_gguf_decoder(file));
  if (decoder.config.vocabulary <= kContext)
    return fail(ErrorKind::data,
                "{}: tensor token_embd.weight has {} rows, expected more than {}: the ids of the workloads",
                file.string(), decoder.config.vocabulary, kContext);
  ASSAY_TRY(const auto graph, decoder_prefill(decoder.config, "checkpoint", {}));
  ASSAY_TRY_VOID(check_gguf_parameters(graph, decoder));
  const std::string name = identified(one_line(file.filename().string(), kMostOfFileName),
                                      gguf_parameters_hash(graph, decoder), decoder_numbers(decoder.config));
  return model_from(decoder.config, name, {file});
}

}  // namespace

Family decoder_family() {
  return {.name = "decoder",
          .models = decoder_models,
          .model_types = decoder_types(),
          .from_checkpoint = decoder_from_checkpoint,
          .from_gguf = decoder_from_gguf};
}

}  // namespace assay::models
