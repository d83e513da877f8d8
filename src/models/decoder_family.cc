// The family `decoder`: SmolLM2 in its three sizes, and any checkpoint directory of a decoder's model type.
#include <fmt/format.h>

#include <numeric>

#include "models/checkpoint_files.h"
#include "models/decoder_config.h"
#include "models/family.h"
#include "tensor/generate.h"

namespace assay::models {
namespace {

using tensor::Tensor;

constexpr int64_t kContext = 128;  // tokens of a prefill, and of the past of a decoded token

// The token ids of both input sets: 0, 1, 2, ... and generated ones.
std::array<std::vector<int64_t>, 2> token_ids(const DecoderConfig& config, int64_t count) {
  std::vector<int64_t> first(static_cast<size_t>(count));
  std::iota(first.begin(), first.end(), 0);
  const Tensor generated = tensor::generate_indices("input_ids", 1, {count}, config.vocabulary);
  const auto second = generated.data<int64_t>();
  return {first, {second.begin(), second.end()}};
}

Tensor ids(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({1, static_cast<int64_t>(values.size())}, values);
}

DecoderConfig with_float32_angles(DecoderConfig config) {
  config.float32_angles = true;
  return config;
}

Result<Workload> inference(const DecoderConfig& config, const std::string& name) {
  const auto tokens = token_ids(config, kContext);
  ASSAY_TRY(auto step, decoder_prefill(config, name, {.count = kContext}));
  Workload workload;
  ASSAY_TRY(workload.rounded, decoder_prefill(with_float32_angles(config), name, {.count = kContext}));
  workload.step = {std::move(step),
                   {TensorMap{{"input_ids", ids(tokens[0])}}, TensorMap{{"input_ids", ids(tokens[1])}}}};
  workload.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  workload.items = kContext;
  return workload;
}

// Set 1 decodes another token after the same past.
Result<Workload> latency(const DecoderConfig& config, const std::string& name) {
  const auto past = token_ids(config, kContext)[0];
  const std::array<int64_t, 2> next = {
      kContext, tensor::generate_indices("next_id", 1, {1}, config.vocabulary).data<int64_t>()[0]};
  const DecoderTokens tokens{.count = 1, .past = kContext};
  ASSAY_TRY(auto step, decoder_decode(config, name, tokens));
  ASSAY_TRY(auto state, decoder_cache(config, name + "/state", tokens));
  ASSAY_TRY(auto truth, decoder_last_rows(config, name + "/truth", tokens));
  Workload workload;
  ASSAY_TRY(workload.rounded, decoder_decode(with_float32_angles(config), name, tokens));
  workload.step.graph = std::move(step);
  workload.state = Evaluation{std::move(state), {}};
  workload.truth = Evaluation{std::move(truth), {}};
  workload.draws = {{"input_ids", Ids{.limit = config.vocabulary}}};
  for (size_t set = 0; set < 2; ++set) {
    auto sequence = past;
    sequence.push_back(next[set]);
    workload.step.inputs[set] = {{"input_ids", ids({next[set]})}};
    workload.state->inputs[set] = {{"input_ids", ids(past)}};
    workload.truth->inputs[set] = {{"input_ids", ids(sequence)}};
  }
  return workload;
}

// The label of each position is the token that follows.
Result<Workload> training(const DecoderConfig& config, const std::string& name) {
  const auto tokens = token_ids(config, kContext + 1);
  ASSAY_TRY(auto step, decoder_loss(config, name, {.count = kContext}));
  Workload workload;
  ASSAY_TRY(workload.rounded, decoder_loss(with_float32_angles(config), name, {.count = kContext}));
  workload.step.graph = std::move(step);
  for (size_t set = 0; set < 2; ++set) {
    const std::vector<int64_t> before(tokens[set].begin(), tokens[set].end() - 1);
    const std::vector<int64_t> after(tokens[set].begin() + 1, tokens[set].end());
    workload.step.inputs[set] = {{"input_ids", ids(before)},
                                 {"labels", Tensor::of<int64_t>({kContext}, after)}};
  }
  workload.draws = {{"input_ids", Ids{.limit = config.vocabulary}}, {"labels", Following{"input_ids"}}};
  workload.items = kContext;
  return workload;
}

Result<Workload> build(const DecoderConfig& config, const Model& model, std::string_view name) {
  const std::string graph_name = fmt::format("{}/{}/{}", model.name, model.size, name);
  ASSAY_CHECK(name == "inference" || name == "latency" || name == "training", "{}", name);
  auto made = name == "inference" ? inference(config, graph_name)
              : name == "latency" ? latency(config, graph_name)
                                  : training(config, graph_name);
  ASSAY_TRY(Workload workload, std::move(made));
  workload.model = model.name;
  workload.size = model.size;
  workload.name = name;
  workload.item_name = "tokens";
  return workload;
}

// Old checkpoints keep the frequencies as a tensor; a tied head may be kept twice.
std::vector<Spare> spares(const DecoderConfig& config) {
  std::vector<Spare> result = {{.name = "model.layers.*.self_attn.rotary_emb.inv_freq", .same_as = ""}};
  if (config.tied_head) result.push_back({.name = "lm_head.weight", .same_as = "model.embed_tokens.weight"});
  return result;
}

Model model_of(const DecoderConfig& config, std::string name, std::string size, std::string description) {
  Model model{.name = std::move(name),
              .size = std::move(size),
              .family = "decoder",
              .description = std::move(description),
              .workloads = {"inference", "latency", "training"}};
  model.numbers = decoder_numbers(config);
  model.spares = spares(config);
  const Model identity = model;
  model.build = [config, identity](std::string_view workload) { return build(config, identity, workload); };
  return model;
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
                .ropes = {{.size = 64, .theta = 100000}}},
       .tiny = {.hidden = 96,
                .layers = 2,
                .feed_forward = 192,
                .query_heads = 6,
                .kv_heads = 2,
                .head_size = 16,
                .vocabulary = 256,
                .ropes = {{.size = 16, .theta = 100000}}}},
      {.name = "smollm2-360m",
       .title = "SmolLM2 360M",
       .full = {.hidden = 960,
                .layers = 32,
                .feed_forward = 2560,
                .query_heads = 15,
                .kv_heads = 5,
                .head_size = 64,
                .vocabulary = 49152,
                .ropes = {{.size = 64, .theta = 100000}}},
       .tiny = {.hidden = 48,
                .layers = 3,
                .feed_forward = 128,
                .query_heads = 3,
                .kv_heads = 1,
                .head_size = 16,
                .vocabulary = 256,
                .ropes = {{.size = 16, .theta = 100000}}}},
      {.name = "smollm2-1.7b",
       .title = "SmolLM2 1.7B",
       .full = {.hidden = 2048,
                .layers = 24,
                .feed_forward = 8192,
                .query_heads = 32,
                .kv_heads = 32,
                .head_size = 64,
                .vocabulary = 49152,
                .ropes = {{.size = 64, .theta = 130000}}},
       .tiny = {.hidden = 64,
                .layers = 2,
                .feed_forward = 256,
                .query_heads = 4,
                .kv_heads = 4,
                .head_size = 16,
                .vocabulary = 256,
                .ropes = {{.size = 16, .theta = 130000}}}},
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
  Model model =
      model_of(config, name, "full",
               fmt::format("{}: language model, {} layers of width {}", name, config.layers, config.hidden));
  model.checkpoint = checkpoint.weights.files;
  return model;
}

}  // namespace

Family decoder_family() {
  return {.name = "decoder",
          .models = decoder_models,
          .model_types = decoder_types(),
          .from_checkpoint = decoder_from_checkpoint};
}

}  // namespace assay::models
