#include "models/decoder_config.h"

#include <algorithm>

#include "models/config_keys.h"
#include "models/decoder_types.h"

namespace assay::models {
namespace {

// Dropout, and what transformers keeps of old files.
constexpr std::string_view kDecoderWithoutEffect[] = {"attention_dropout", "_flash_attn_2_enabled"};
Result<> check_heads(const Config& config, const DecoderConfig& result) {
  if (result.query_heads % result.kv_heads != 0)
    return config.refuse("num_key_value_heads",
                         fmt::format("a divisor of num_attention_heads, {}", result.query_heads));
  if (result.head_size % 2 != 0)
    return config.refuse("head_dim",
                         fmt::format("even, and it is {}: rotary positions turn pairs", result.head_size));
  return {};
}

// Heads and their size; what is left out follows from the rest, as in Hugging Face.
Result<> read_heads(const Config& config, const DecoderType& type, DecoderConfig& result) {
  ASSAY_TRY(result.query_heads, config.positive("num_attention_heads"));
  result.kv_heads = result.query_heads;
  if (type.kv_heads_needed || config.has("num_key_value_heads")) {
    ASSAY_TRY(result.kv_heads, config.positive("num_key_value_heads"));
  }
  if (type.head_size_needed || config.has("head_dim")) {
    ASSAY_TRY(result.head_size, config.positive("head_dim"));
  } else {
    if (result.hidden % result.query_heads != 0)
      return config.refuse("num_attention_heads", fmt::format("a divisor of hidden_size, {}", result.hidden));
    result.head_size = result.hidden / result.query_heads;
  }
  return check_heads(config, result);
}

Result<> read_sizes(const Config& config, const DecoderType& type, DecoderConfig& result) {
  ASSAY_TRY(result.hidden, config.positive("hidden_size"));
  ASSAY_TRY(result.layers, config.positive("num_hidden_layers"));
  if (result.layers > kMostLayers)
    return config.refuse("num_hidden_layers", fmt::format("{} at most", kMostLayers));
  ASSAY_TRY(result.feed_forward, config.positive("intermediate_size"));
  ASSAY_TRY(result.vocabulary, config.positive("vocab_size"));
  ASSAY_TRY(result.norm_epsilon, config.positive_real("rms_norm_eps"));
  ASSAY_TRY(result.tied_head, config.flag("tie_word_embeddings", type.tied_head));
  if (config.has("max_position_embeddings")) {
    ASSAY_TRY(result.positions, config.positive("max_position_embeddings"));
  }
  return read_heads(config, type, result);
}

std::string text_of(const std::vector<DecoderLayer>& kinds) {
  std::string result;
  for (const DecoderLayer& kind : kinds) result += fmt::format("{}:{} ", kind.rope, kind.window);
  return result;
}

}  // namespace

std::set<std::string> decoder_types() {
  std::set<std::string> result;
  for (const DecoderType& type : decoder_type_list()) result.emplace(type.name);
  return result;
}

Result<DecoderConfig> decoder_config(const Config& config) {
  ASSAY_TRY(const std::string name, config.text("model_type"));
  const auto& types = decoder_type_list();
  const auto type = std::ranges::find(types, name, &DecoderType::name);
  if (type == types.end()) return config.refuse("model_type", "a decoder's");
  DecoderConfig result;
  ASSAY_TRY_VOID(read_sizes(config, *type, result));
  ASSAY_TRY_VOID(type->read(config, result));
  std::vector<std::string_view> without_effect = type->without_effect;
  without_effect.insert(without_effect.end(), std::begin(kDecoderWithoutEffect),
                        std::end(kDecoderWithoutEffect));
  ASSAY_TRY_VOID(check_keys(config, type->architectures, without_effect));
  return result;
}

std::map<std::string, std::string> decoder_numbers(const DecoderConfig& config) {
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  std::map<std::string, std::string> result = {{"hidden_size", text(config.hidden)},
                                               {"num_hidden_layers", text(config.layers)},
                                               {"intermediate_size", text(config.feed_forward)},
                                               {"num_attention_heads", text(config.query_heads)},
                                               {"num_key_value_heads", text(config.kv_heads)},
                                               {"head_dim", text(config.head_size)},
                                               {"vocab_size", text(config.vocabulary)},
                                               {"rope_theta", text(config.ropes.front().theta)},
                                               {"rms_norm_eps", text(config.norm_epsilon)},
                                               {"tie_word_embeddings", text(config.tied_head)}};
  const DecoderConfig plain;
  const auto differing = [&](const char* name, auto DecoderConfig::* member) {
    if (config.*member != plain.*member) result.emplace(name, text(+(config.*member)));
  };
  const auto differing_switch = [&](const char* name, auto DecoderConfig::* member) {
    if (config.*member != plain.*member) result.emplace(name, text(static_cast<int>(config.*member)));
  };
  differing("qkv_bias", &DecoderConfig::qkv_bias);
  differing("output_bias", &DecoderConfig::output_bias);
  differing("feed_forward_bias", &DecoderConfig::feed_forward_bias);
  differing("norm_plus_one", &DecoderConfig::norm_plus_one);
  differing_switch("branch_norms", &DecoderConfig::branch_norms);
  differing_switch("head_norms", &DecoderConfig::head_norms);
  differing_switch("activation", &DecoderConfig::activation);
  differing("embedding_scale", &DecoderConfig::embedding_scale);
  differing("residual_scale", &DecoderConfig::residual_scale);
  differing("attention_scale", &DecoderConfig::attention_scale);
  differing("attention_softcap", &DecoderConfig::attention_softcap);
  differing("logits_divisor", &DecoderConfig::logits_divisor);
  differing("logits_softcap", &DecoderConfig::logits_softcap);
  if (!config.kinds.empty()) result.emplace("layer_types", text_of(config.kinds));
  for (const Rope& rope : config.ropes)
    if (config.ropes.size() > 1 || rope.scaling != RopeScaling::none || rope.size != config.head_size)
      result["rope_parameters"] += to_string(rope) + ";";
  return result;
}

}  // namespace assay::models
