#include "models/checkpoint.h"
#include "models/config_keys.h"
#include "models/llama.h"

namespace assay::models {
namespace {

// What a llama's config.json says besides that does not matter.
constexpr std::string_view kLlamaWithoutEffect[] = {"attention_dropout", "_flash_attn_2_enabled"};
constexpr std::string_view kLlamaArchitectures[] = {"LlamaForCausalLM", "LLaMAForCausalLM"};
constexpr std::string_view kActivations[] = {"silu", "swish"};
constexpr std::string_view kUnscaled[] = {"default"};

Result<> check_whole_heads_turn(const Config& config) {
  if (!config.has("partial_rotary_factor")) return {};
  ASSAY_TRY(const double factor, config.positive_real("partial_rotary_factor"));
  return factor == 1 ? Result<>() : config.refuse("partial_rotary_factor", "1");
}

// The base of the rotary frequencies. transformers takes one of two dictionaries whole, and what is not in
// there from the top level. Any scaling of the positions is refused: it would be another model.
Result<double> rope_theta(const Config& config) {
  double theta = 10000;  // what transformers assumes
  if (config.has("rope_theta")) {
    ASSAY_TRY(theta, config.positive_real("rope_theta"));
  }
  ASSAY_TRY(const Config scaling, config.section("rope_scaling"));
  ASSAY_TRY(const Config parameters, config.section("rope_parameters"));
  const Config& rope = scaling.says_nothing() ? parameters : scaling;
  for (const char* type : {"rope_type", "type"}) ASSAY_TRY_VOID(rope.must_be_one_of(type, kUnscaled));
  if (rope.has("rope_theta")) {
    ASSAY_TRY(theta, rope.positive_real("rope_theta"));
  }
  for (const Config& place : {config, rope}) ASSAY_TRY_VOID(check_whole_heads_turn(place));
  ASSAY_TRY_VOID(rope.check_all_asked({}));
  return theta;
}

Result<> refuse_unsupported(const Config& config) {
  for (const char* key : {"attention_bias", "mlp_bias", "rope_interleaved"})
    ASSAY_TRY_VOID(config.must_be(key, false));
  ASSAY_TRY_VOID(config.must_be_one_of("hidden_act", kActivations));
  return config.must_be_nothing("sliding_window");
}

Result<> check_heads(const Config& config, const LlamaConfig& result) {
  if (result.query_heads % result.kv_heads != 0)
    return config.refuse("num_key_value_heads",
                         fmt::format("a divisor of num_attention_heads, {}", result.query_heads));
  if (result.head_size % 2 != 0)
    return config.refuse("head_dim",
                         fmt::format("even, and it is {}: rotary positions turn pairs", result.head_size));
  return {};
}

// Heads and their size; what is left out follows from the rest, as in Hugging Face.
Result<> read_heads(const Config& config, LlamaConfig& result) {
  ASSAY_TRY(result.query_heads, config.positive("num_attention_heads"));
  result.kv_heads = result.query_heads;
  if (config.has("num_key_value_heads")) {
    ASSAY_TRY(result.kv_heads, config.positive("num_key_value_heads"));
  }
  if (config.has("head_dim")) {
    ASSAY_TRY(result.head_size, config.positive("head_dim"));
  } else {
    if (result.hidden % result.query_heads != 0)
      return config.refuse("num_attention_heads", fmt::format("a divisor of hidden_size, {}", result.hidden));
    result.head_size = result.hidden / result.query_heads;
  }
  return check_heads(config, result);
}

}  // namespace

Result<LlamaConfig> llama_config(const Config& config) {
  LlamaConfig result;
  ASSAY_TRY(result.hidden, config.positive("hidden_size"));
  ASSAY_TRY(result.layers, config.positive("num_hidden_layers"));
  ASSAY_TRY(result.feed_forward, config.positive("intermediate_size"));
  ASSAY_TRY(result.vocabulary, config.positive("vocab_size"));
  ASSAY_TRY(result.norm_epsilon, config.positive_real("rms_norm_eps"));
  ASSAY_TRY(result.rope_theta, rope_theta(config));
  ASSAY_TRY(result.tied_head, config.flag("tie_word_embeddings", false));
  if (config.has("max_position_embeddings")) {
    ASSAY_TRY(result.positions, config.positive("max_position_embeddings"));
  }
  ASSAY_TRY_VOID(read_heads(config, result));
  ASSAY_TRY_VOID(refuse_unsupported(config));
  ASSAY_TRY_VOID(check_keys(config, kLlamaArchitectures, kLlamaWithoutEffect));
  return result;
}

}  // namespace assay::models
