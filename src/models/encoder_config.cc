#include "models/encoder_config.h"

#include <algorithm>

#include "models/config_keys.h"
#include "models/encoder_types.h"

namespace assay::models {
namespace {

Result<> read_sizes(const Config& config, const EncoderType& type, EncoderConfig& result) {
  ASSAY_TRY(result.hidden, config.positive(type.hidden));
  ASSAY_TRY(result.layers, config.positive(type.layers));
  if (result.layers > kMostLayers) return config.refuse(type.layers, fmt::format("{} at most", kMostLayers));
  ASSAY_TRY(result.heads, config.positive(type.heads));
  ASSAY_TRY(result.feed_forward, config.positive(type.feed_forward));
  ASSAY_TRY(result.vocabulary, config.positive("vocab_size"));
  ASSAY_TRY(result.positions, config.positive(type.positions));
  if (result.hidden % result.heads != 0)
    return config.refuse(type.heads, fmt::format("a divisor of {}, {}", type.hidden, result.hidden));
  return {};
}

// Rotary positions turn pairs of columns.
Result<> check_head(const Config& config, const EncoderType& type, const EncoderConfig& result) {
  if (result.ropes.empty() || result.head_width() % 2 == 0) return {};
  return config.refuse(type.heads,
                       fmt::format("heads of an even width, and theirs is {}", result.head_width()));
}

// The head stays where config.json asks for it, and nobody takes the encoder alone.
Result<> decide_head(const Config& config, const EncoderType& type, bool embedder, EncoderConfig& result) {
  if (embedder || type.masked_lm.empty() || !config.names("architectures", type.masked_lm)) {
    result.head.reset();
    return {};
  }
  return config.must_be("tie_word_embeddings", true);
}

Result<> check_asked(const Config& config, const EncoderType& type) {
  std::vector<std::string_view> architectures = {type.embedder}, without_effect = type.without_effect;
  if (!type.masked_lm.empty()) architectures.push_back(type.masked_lm);
  without_effect.push_back("tie_word_embeddings");
  return check_keys(config, architectures, without_effect, type.program);
}

// The layout and the prefix under which there is the embedding's norm: where a file has none, the missing
// tensor is told by the first layout.
void find_names(const TensorFiles& tensors, const EncoderType& type, EncoderConfig& result) {
  std::vector<std::string_view> prefixes = {""};
  prefixes.insert(prefixes.end(), type.prefixes.begin(), type.prefixes.end());
  result.names = type.layouts.front();
  for (const EncoderNames& names : type.layouts)
    for (const std::string_view prefix : prefixes)
      for (const char* part : {".weight", ".gamma"})
        if (tensors.tensors.contains(fmt::format("{}{}{}", prefix, names.embedding_norm, part))) {
          result.names = names;
          result.prefix = prefix;
          result.old_norm_names = std::string_view(part) == ".gamma";
          return;
        }
}

std::string text_of(const std::vector<EncoderLayer>& kinds) {
  std::string result;
  for (const EncoderLayer& kind : kinds) result += fmt::format("{}:{} ", kind.rope, kind.reach.value_or(-1));
  return result;
}

}  // namespace

std::set<std::string> encoder_types() {
  std::set<std::string> result;
  for (const EncoderType& type : encoder_type_list()) result.emplace(type.name);
  return result;
}

Result<EncoderConfig> encoder_config(const Checkpoint& checkpoint, bool embedder, int64_t least) {
  const Config& config = checkpoint.config;
  ASSAY_TRY(const std::string name, config.text("model_type"));
  const auto& types = encoder_type_list();
  const auto type = std::ranges::find_if(types, [&](const EncoderType& known) {
    return known.name == name && (known.marker.empty() || config.has(known.marker));
  });
  if (type == types.end()) return config.refuse("model_type", "an encoder's");
  EncoderConfig result;
  ASSAY_TRY_VOID(read_sizes(config, *type, result));
  ASSAY_TRY_VOID(type->read(config, result));
  ASSAY_TRY_VOID(check_head(config, *type, result));
  ASSAY_TRY_VOID(decide_head(config, *type, embedder, result));
  ASSAY_TRY_VOID(check_asked(config, *type));
  if (result.longest() < least)
    return config.refuse(type->positions, fmt::format("at least {}", result.first_position() + least));
  ASSAY_TRY_VOID(check_layers(checkpoint, type->layers, result.layers));
  find_names(checkpoint.weights, *type, result);
  return result;
}

std::map<std::string, std::string> encoder_numbers(const EncoderConfig& config) {
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  std::map<std::string, std::string> result = {
      {"hidden_size", text(config.hidden)},          {"num_hidden_layers", text(config.layers)},
      {"num_attention_heads", text(config.heads)},   {"intermediate_size", text(config.feed_forward)},
      {"vocab_size", text(config.vocabulary)},       {"max_position_embeddings", text(config.positions)},
      {"type_vocab_size", text(config.token_types)}, {"layer_norm_eps", text(config.norm_epsilon)}};
  if (config.head) {
    result.emplace("head", fmt::format("{} {} {}", static_cast<int>(config.head->activation),
                                       config.head->dense_bias, config.head->output_bias));
  } else {
    result.emplace("pooling", config.pooling == Pooling::mean ? "mean" : "cls");
    result.emplace("normalisation", text(config.normalised));
  }
  const EncoderConfig plain;
  const auto differing = [&](const char* name, bool value, bool usual) {
    if (value != usual) result.emplace(name, text(value));
  };
  differing("norms_first", config.norms_first, plain.norms_first);
  differing("attention_bias", config.attention_bias, plain.attention_bias);
  differing("mlp_bias", config.feed_forward_bias, plain.feed_forward_bias);
  differing("norm_bias", config.norm_bias, plain.norm_bias);
  differing("gated", config.gated(), plain.gated());
  if (config.head_size > 0) result.emplace("head_dim", text(config.head_size));
  if (config.padding) result.emplace("pad_token_id", text(*config.padding));
  if (config.activation != plain.activation)
    result.emplace("activation", text(static_cast<int>(config.activation)));
  if (!config.kinds.empty()) result.emplace("layer_types", text_of(config.kinds));
  for (const Rope& rope : config.ropes) result["rope_parameters"] += to_string(rope) + ";";
  return result;
}

// The pooler has no part in what is computed here; old checkpoints keep the positions as a tensor, and the
// bias of the head twice.
std::vector<Spare> encoder_spares(const EncoderConfig& config, bool embedder) {
  const EncoderNames& names = config.names;
  const auto named = [&](std::string_view part) { return fmt::format("{}{}", config.prefix, part); };
  std::vector<Spare> result;
  for (const char* part : {"pooler.dense.weight", "pooler.dense.bias", "embeddings.position_ids"})
    result.push_back({.name = named(part), .same_as = ""});
  if (config.head) {
    const std::string weight(names.head_weight), bias(names.head_bias);
    result.push_back({.name = weight, .same_as = named(names.words) + ".weight"});
    const std::string twin = weight.substr(0, weight.rfind('.')) + ".bias";
    if (twin != bias) result.push_back({.name = twin, .same_as = bias});
    result.push_back({.name = "cls.seq_relationship.*", .same_as = ""});
  }
  if (embedder)
    for (const std::string_view part : {names.head_dense, names.head_norm, names.head_weight})
      result.push_back({.name = fmt::format("{}.*", part.substr(0, part.find('.'))), .same_as = ""});
  return result;
}

}  // namespace assay::models
