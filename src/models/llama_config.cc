#include "models/checkpoint.h"
#include "models/llama.h"

namespace assay::models {
namespace {

// The base of the rotary frequencies, which stands at the top level or, in newer files, under
// rope_parameters. Any scaling of the positions is refused: it would be another model.
Result<double> rope_theta(const Config& config) {
  double theta = 10000;  // what Hugging Face assumes
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    ASSAY_TRY(const Config rope, config.section(key));
    for (const char* type : {"rope_type", "type"}) {
      if (!rope.has(type)) continue;
      ASSAY_TRY(const auto text, rope.text(type));
      if (text != "default")
        return config.refuse(key, "unscaled rotary positions (null, or rope_type default)");
    }
    if (rope.has("factor")) return config.refuse(key, "unscaled rotary positions (no factor)");
    if (rope.has("rope_theta")) {
      ASSAY_TRY(theta, rope.positive_real("rope_theta"));
    }
  }
  if (config.has("rope_theta")) {
    ASSAY_TRY(theta, config.positive_real("rope_theta"));
  }
  return theta;
}

Result<> refuse_unsupported(const Config& config) {
  for (const char* key : {"attention_bias", "mlp_bias", "rope_interleaved"}) {
    ASSAY_TRY(const bool set, config.flag(key, false));
    if (set) return config.refuse(key, "false");
  }
  if (config.has("hidden_act")) {
    ASSAY_TRY(const auto activation, config.text("hidden_act"));
    if (activation != "silu" && activation != "swish") return config.refuse("hidden_act", "silu");
  }
  for (const char* key : {"quantization_config", "sliding_window"})
    if (config.has(key)) return config.refuse(key, "nothing under this key");
  if (config.has("partial_rotary_factor")) {
    ASSAY_TRY(const double factor, config.positive_real("partial_rotary_factor"));
    if (factor != 1) return config.refuse("partial_rotary_factor", "1");
  }
  return {};
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
  ASSAY_TRY_VOID(refuse_unsupported(config));
  LlamaConfig result;
  ASSAY_TRY(result.hidden, config.positive("hidden_size"));
  ASSAY_TRY(result.layers, config.positive("num_hidden_layers"));
  ASSAY_TRY(result.feed_forward, config.positive("intermediate_size"));
  ASSAY_TRY(result.vocabulary, config.positive("vocab_size"));
  ASSAY_TRY(result.norm_epsilon, config.positive_real("rms_norm_eps"));
  ASSAY_TRY(result.rope_theta, rope_theta(config));
  ASSAY_TRY(result.tied_head, config.flag("tie_word_embeddings", false));
  ASSAY_TRY_VOID(read_heads(config, result));
  return result;
}

}  // namespace assay::models
