#include "models/decoder_types.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/rope_config.h"

namespace assay::models {
namespace {

constexpr std::string_view kSliding = "sliding_attention";
constexpr std::string_view kAttentionKinds[] = {"full_attention", kSliding};

// Biases that a flag switches on, or that a type cannot have.
enum class Biases : uint8_t { none, attention, all };

Result<> read_biases(const Config& config, Biases known, DecoderConfig& result) {
  if (known == Biases::none) ASSAY_TRY_VOID(config.must_be("attention_bias", false));
  if (known != Biases::all) ASSAY_TRY_VOID(config.must_be("mlp_bias", false));
  ASSAY_TRY(result.qkv_bias, config.flag("attention_bias", false));
  ASSAY_TRY(result.feed_forward_bias, config.flag("mlp_bias", false));
  result.output_bias = result.qkv_bias;
  return {};
}

Result<> read_silu(const Config& config, DecoderConfig& result) {
  if (!config.has("hidden_act")) return {};
  ASSAY_TRY(result.activation, read_activation(config, "hidden_act"));
  return {};
}

Result<> one_rope(const Config& config, DecoderConfig& result, RopeRules rules = {}) {
  rules.head_size = result.head_size;
  ASSAY_TRY(auto rope, read_rope(config, rules));
  result.ropes = {std::move(rope)};
  return {};
}

// How many tokens a layer with a window sees; none where null says so.
Result<std::optional<int64_t>> read_window(const Config& config, std::optional<int64_t> otherwise) {
  if (config.is_null("sliding_window")) return std::nullopt;
  if (!config.has("sliding_window")) return otherwise;
  ASSAY_TRY(const int64_t window, config.positive("sliding_window"));
  return window;
}

void window_everywhere(std::optional<int64_t> window, DecoderConfig& result) {
  if (window) result.kinds.assign(static_cast<size_t>(result.layers), {.rope = 0, .window = *window});
}

// The layers that have a window: as layer_types has it, or else by `otherwise`.
Result<std::vector<bool>> sliding_layers(const Config& config, int64_t layers,
                                         bool (*otherwise)(int64_t layer)) {
  std::vector<bool> result(static_cast<size_t>(layers));
  if (!config.has("layer_types")) {
    for (int64_t i = 0; i < layers; ++i) result[static_cast<size_t>(i)] = otherwise(i);
    return result;
  }
  ASSAY_TRY_VOID(config.must_be_one_of("layer_types", kAttentionKinds));
  ASSAY_TRY(const auto kinds, config.texts("layer_types", result.size()));
  for (size_t i = 0; i < kinds.size(); ++i) result[i] = kinds[i] == kSliding;
  return result;
}

// Gives those layers the window, and perhaps frequencies of their own.
Result<> give_window(const Config& config, const std::vector<bool>& sliding, std::optional<int64_t> window,
                     DecoderConfig& result) {
  if (std::ranges::find(sliding, true) == sliding.end()) return {};
  if (!window)
    return config.refuse(config.has("layer_types") ? "layer_types" : "sliding_window",
                         "a window where layers are sliding_attention");
  if (result.kinds.empty()) result.kinds.resize(sliding.size());
  for (size_t i = 0; i < sliding.size(); ++i)
    if (sliding[i]) result.kinds[i].window = *window;
  return {};
}

// A window that use_sliding_window switches on.
Result<std::optional<int64_t>> switched_window(const Config& config, std::optional<int64_t> otherwise) {
  ASSAY_TRY(const auto window, read_window(config, otherwise));
  ASSAY_TRY(const bool used, config.flag("use_sliding_window", false));
  return used ? window : std::nullopt;
}

Result<> read_llama(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(config.must_be("rope_interleaved", false));
  ASSAY_TRY_VOID(config.must_be_nothing("sliding_window"));
  ASSAY_TRY_VOID(read_biases(config, Biases::all, result));
  ASSAY_TRY_VOID(read_silu(config, result));
  return one_rope(config, result);
}

Result<> read_mistral(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_biases(config, Biases::none, result));
  ASSAY_TRY_VOID(read_silu(config, result));
  ASSAY_TRY(const auto window, read_window(config, 4096));
  window_everywhere(window, result);
  return one_rope(config, result);
}

// Qwen's layers from max_window_layers on have the window, where it is used.
Result<> read_qwen_windows(const Config& config, DecoderConfig& result) {
  ASSAY_TRY(const auto window, switched_window(config, 4096));
  ASSAY_TRY(int64_t first,
            config.has("max_window_layers") ? config.natural("max_window_layers") : Result<int64_t>(28));
  ASSAY_TRY(auto sliding, sliding_layers(config, result.layers, [](int64_t) { return false; }));
  if (!config.has("layer_types") && window)
    for (; first < result.layers; ++first) sliding[static_cast<size_t>(first)] = true;
  return give_window(config, sliding, window, result);
}

Result<> read_qwen2(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(config.must_be("attention_bias", true));
  ASSAY_TRY_VOID(config.must_be("mlp_bias", false));
  result.qkv_bias = true;
  ASSAY_TRY_VOID(read_silu(config, result));
  ASSAY_TRY_VOID(read_qwen_windows(config, result));
  return one_rope(config, result);
}

Result<> read_qwen3(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_biases(config, Biases::attention, result));
  result.head_norms = HeadNorms::each_head;
  ASSAY_TRY_VOID(read_silu(config, result));
  ASSAY_TRY_VOID(read_qwen_windows(config, result));
  return one_rope(config, result);
}

Result<> read_phi3(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_biases(config, Biases::none, result));
  result.fused = true;
  ASSAY_TRY_VOID(read_silu(config, result));
  ASSAY_TRY(const auto window, read_window(config, std::nullopt));
  window_everywhere(window, result);
  return one_rope(config, result, {.partial = true, .original_on_top = true, .only_longrope = true});
}

Result<> read_any_gemma(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_biases(config, Biases::attention, result));
  ASSAY_TRY_VOID(config.must_be("use_bidirectional_attention", false));
  result.norm_plus_one = true;
  result.embedding_scale = std::sqrt(static_cast<double>(result.hidden));
  result.activation = Activation::gelu_tanh;
  return {};
}

// Files of the first Gemma say gelu, and mean its approximation.
Result<> read_gemma(const Config& config, DecoderConfig& result) {
  constexpr std::string_view kTanh[] = {"gelu_pytorch_tanh"};
  ASSAY_TRY_VOID(read_any_gemma(config, result));
  ASSAY_TRY_VOID(config.must_be_one_of("hidden_activation", kTanh));
  if (config.has("hidden_act")) {
    ASSAY_TRY(result.activation, read_activation(config, "hidden_act"));
  }
  if (result.activation == Activation::gelu) result.activation = Activation::gelu_tanh;
  return one_rope(config, result);
}

// What the second and the third Gemma share. Beside hidden_activation files have its old name, which is not
// read.
Result<> read_later_gemma(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_any_gemma(config, result));
  if (config.has("hidden_activation")) {
    ASSAY_TRY(result.activation, read_activation(config, "hidden_activation"));
  }
  if (config.has("hidden_act")) {
    ASSAY_TRY(const Activation old, read_activation(config, "hidden_act"));
    if (old != result.activation) return config.refuse("hidden_act", "what hidden_activation says");
  }
  result.branch_norms = BranchNorms::both;
  double scalar = 256;
  if (config.has("query_pre_attn_scalar")) {
    ASSAY_TRY(scalar, config.positive_real("query_pre_attn_scalar"));
  }
  if (scalar != static_cast<double>(result.head_size)) result.attention_scale = 1 / std::sqrt(scalar);
  return {};
}

// A cap: null means none, absence what transformers assumes (0: none).
Result<double> read_cap(const Config& config, const char* key, double otherwise) {
  if (config.has(key)) return config.positive_real(key);
  return config.is_null(key) ? 0 : otherwise;
}

Result<> read_gemma2(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_later_gemma(config, result));
  ASSAY_TRY(result.logits_softcap, read_cap(config, "final_logit_softcapping", 30));
  ASSAY_TRY(result.attention_softcap, read_cap(config, "attn_logit_softcapping", 50));
  ASSAY_TRY(const auto window, read_window(config, 4096));
  ASSAY_TRY(const auto sliding, sliding_layers(config, result.layers, [](int64_t i) { return i % 2 == 0; }));
  ASSAY_TRY_VOID(give_window(config, sliding, window, result));
  return one_rope(config, result);
}

// Frequencies of their own for the layers with a window; one set where all layers are of one kind.
void give_ropes(TwoRopes ropes, const std::vector<bool>& sliding, DecoderConfig& result) {
  const bool any_sliding = std::ranges::find(sliding, true) != sliding.end();
  const bool any_full = std::ranges::find(sliding, false) != sliding.end();
  if (!any_sliding || ropes.full == ropes.sliding) {
    result.ropes = {std::move(ropes.full)};
  } else if (!any_full) {
    result.ropes = {std::move(ropes.sliding)};
  } else {
    result.ropes = {std::move(ropes.full), std::move(ropes.sliding)};
    for (size_t i = 0; i < sliding.size(); ++i) result.kinds[i].rope = sliding[i] ? 1 : 0;
  }
}

Result<> read_gemma3(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_later_gemma(config, result));
  // transformers has the key, but does not do what it says.
  ASSAY_TRY_VOID(config.must_be_nothing("attn_logit_softcapping"));
  ASSAY_TRY(result.logits_softcap, read_cap(config, "final_logit_softcapping", 0));
  result.head_norms = HeadNorms::each_head;
  ASSAY_TRY(const auto window, read_window(config, 4096));
  int64_t pattern = 6;
  if (config.has("sliding_window_pattern")) {
    ASSAY_TRY(pattern, config.positive("sliding_window_pattern"));
  }
  ASSAY_TRY(auto sliding, sliding_layers(config, result.layers, [](int64_t) { return false; }));
  if (!config.has("layer_types"))
    for (int64_t i = 0; i < result.layers; ++i) sliding[static_cast<size_t>(i)] = (i + 1) % pattern != 0;
  ASSAY_TRY_VOID(give_window(config, sliding, window, result));
  ASSAY_TRY(auto ropes, read_two_ropes(config, {.head_size = result.head_size, .theta = 1e6},
                                       "rope_local_base_freq", 1e4));
  give_ropes(std::move(ropes), sliding, result);
  return {};
}

// Every so many layers one does not encode positions.
Result<std::vector<int64_t>> rope_layers(const Config& config, int64_t layers) {
  int64_t interval = 4;
  if (config.has("no_rope_layer_interval")) {
    ASSAY_TRY(interval, config.positive("no_rope_layer_interval"));
  }
  if (config.has("no_rope_layers")) return config.integers("no_rope_layers", static_cast<size_t>(layers));
  std::vector<int64_t> result;
  for (int64_t i = 0; i < layers; ++i) result.push_back((i + 1) % interval != 0 ? 1 : 0);
  return result;
}

Result<> read_smollm3(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_biases(config, Biases::all, result));
  ASSAY_TRY_VOID(read_silu(config, result));
  ASSAY_TRY_VOID(one_rope(config, result, {.theta = 2e6}));
  ASSAY_TRY(const auto rotated, rope_layers(config, result.layers));
  result.kinds.resize(rotated.size());
  for (size_t i = 0; i < rotated.size(); ++i) result.kinds[i].rope = rotated[i] != 0 ? 0 : -1;
  ASSAY_TRY(const auto window, switched_window(config, std::nullopt));
  ASSAY_TRY(auto sliding, sliding_layers(config, result.layers, [](int64_t) { return false; }));
  if (!config.has("layer_types") && window)
    for (size_t i = 0; i < sliding.size(); ++i) sliding[i] = rotated[i] == 0;
  return give_window(config, sliding, window, result);
}

Result<> read_granite(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_biases(config, Biases::all, result));
  ASSAY_TRY_VOID(read_silu(config, result));
  const auto factor = [&](const char* key) {
    return config.has(key) ? config.positive_real(key) : Result<double>(1);
  };
  ASSAY_TRY(result.embedding_scale, factor("embedding_multiplier"));
  ASSAY_TRY(result.residual_scale, factor("residual_multiplier"));
  ASSAY_TRY(result.attention_scale, factor("attention_multiplier"));
  ASSAY_TRY(result.logits_divisor, factor("logits_scaling"));
  return one_rope(config, result);
}

Result<> read_any_olmo(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_biases(config, Biases::attention, result));
  ASSAY_TRY_VOID(read_silu(config, result));
  result.branch_norms = BranchNorms::after;
  result.head_norms = HeadNorms::whole_width;
  return {};
}

Result<> read_olmo2(const Config& config, DecoderConfig& result) {
  ASSAY_TRY_VOID(read_any_olmo(config, result));
  return one_rope(config, result);
}

// The theta at the top is that of the layers that see everything alone.
Result<> read_olmo3(const Config& config, DecoderConfig& result) {
  constexpr double kTheta = 500000;
  ASSAY_TRY_VOID(read_any_olmo(config, result));
  ASSAY_TRY(const auto window, read_window(config, 4096));
  ASSAY_TRY(const auto sliding,
            sliding_layers(config, result.layers, [](int64_t i) { return (i + 1) % 4 != 0; }));
  ASSAY_TRY_VOID(give_window(config, sliding, window, result));
  ASSAY_TRY(auto ropes, read_two_ropes(config, {.head_size = result.head_size, .theta = kTheta}, "", kTheta));
  give_ropes(std::move(ropes), sliding, result);
  return {};
}

}  // namespace

const std::vector<DecoderType>& decoder_type_list() {
  static const std::vector<DecoderType> types = {
      {.name = "llama",
       .architectures = {"LlamaForCausalLM", "LLaMAForCausalLM"},
       .kv_heads_needed = false,
       .read = read_llama},
      {.name = "mistral", .architectures = {"MistralForCausalLM"}, .read = read_mistral},
      {.name = "qwen2", .architectures = {"Qwen2ForCausalLM"}, .read = read_qwen2},
      {.name = "qwen3", .architectures = {"Qwen3ForCausalLM"}, .head_size_needed = true, .read = read_qwen3},
      {.name = "phi3",
       .architectures = {"Phi3ForCausalLM"},
       .without_effect = {"resid_pdrop", "embd_pdrop", "original_max_position_embeddings"},
       .kv_heads_needed = false,
       .read = read_phi3},
      {.name = "gemma",
       .architectures = {"GemmaForCausalLM"},
       .tied_head = true,
       .head_size_needed = true,
       .read = read_gemma},
      {.name = "gemma2",
       .architectures = {"Gemma2ForCausalLM"},
       .without_effect = {"sliding_window_size"},
       .tied_head = true,
       .head_size_needed = true,
       .read = read_gemma2},
      {.name = "gemma3_text",
       .architectures = {"Gemma3ForCausalLM"},
       .without_effect = {"_sliding_window_pattern"},
       .tied_head = true,
       .head_size_needed = true,
       .read = read_gemma3},
      {.name = "smollm3",
       .architectures = {"SmolLM3ForCausalLM"},
       .without_effect = {"max_window_layers"},
       .tied_head = true,
       .read = read_smollm3},
      {.name = "granite",
       .architectures = {"GraniteForCausalLM"},
       .kv_heads_needed = false,
       .read = read_granite},
      {.name = "olmo2", .architectures = {"Olmo2ForCausalLM"}, .kv_heads_needed = false, .read = read_olmo2},
      {.name = "olmo3", .architectures = {"Olmo3ForCausalLM"}, .kv_heads_needed = false, .read = read_olmo3},
  };
  return types;
}

}  // namespace assay::models
