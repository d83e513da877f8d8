#include "models/config_keys.h"

#include <vector>

namespace assay::models {
namespace {

// What a model is called, how it was trained and is to be trained on, how text is generated with it, in which
// form its outputs come: none of it changes what a step computes.
constexpr std::string_view kWithoutEffect[] = {
    // names and origin
    "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "finetuning_task",
    "unsloth_fixed", "unsloth_version", "transformers.js_config", "is_llama_config",
    // training and heads for other tasks
    "initializer_range", "gradient_checkpointing", "problem_type", "id2label", "label2id", "num_labels",
    "task_specific_params",
    // the tokenizer
    "tokenizer_class", "prefix", "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id",
    "decoder_start_token_id",
    // how it is computed, up to rounding, and in what form it is given back
    "output_attentions", "output_hidden_states", "return_dict", "use_return_dict", "torchscript", "use_cache",
    "chunk_size_feed_forward", "attn_implementation", "_attn_implementation", "_attn_implementation_autoset",
    "experts_implementation", "_experts_implementation", "tie_last_hidden_states", "tf_legacy_loss",
    "use_bfloat16", "pretraining_tp", "base_model_tp_plan", "base_model_pp_plan", "base_model_ep_plan",
    "base_model_fsdp_plan",
    // generation
    "assistant_confidence_threshold", "assistant_early_exit", "assistant_ensemble_weight",
    "assistant_lookbehind", "bad_words_ids", "begin_suppress_tokens", "cache_config", "cache_implementation",
    "compile_config", "constraints", "continuous_batching_config", "disable_compile", "diversity_penalty",
    "do_sample", "dola_layers", "early_stopping", "encoder_no_repeat_ngram_size",
    "encoder_repetition_penalty", "epsilon_cutoff", "eta_cutoff", "exponential_decay_length_penalty",
    "force_words_ids", "forced_bos_token_id", "forced_eos_token_id", "guidance_scale", "is_assistant",
    "length_penalty", "low_memory", "max_assistant_tokens", "max_cache_len", "max_length",
    "max_matching_ngram_size", "max_new_tokens", "max_time", "min_length", "min_new_tokens", "min_p",
    "no_repeat_ngram_size", "num_assistant_tokens", "num_assistant_tokens_schedule", "num_beam_groups",
    "num_beams", "num_return_sequences", "output_logits", "output_scores", "penalty_alpha",
    "prefill_chunk_size", "prompt_lookup_num_tokens", "remove_invalid_values", "renormalize_logits",
    "repetition_penalty", "return_dict_in_generate", "return_legacy_cache", "sequence_bias",
    "speculation_type", "stop_strings", "suppress_tokens", "target_lookbehind", "temperature",
    "token_healing", "top_h", "top_k", "top_p", "typical_p", "use_mtp", "watermarking_config"};

// Each is null in a plain model, or an object or list without entries.
constexpr std::string_view kRefused[] = {"quantization_config", "compression_config", "per_layer_config",
                                         "pruned_heads", "auto_map"};

}  // namespace

Result<> check_keys(const Config& config, std::span<const std::string_view> architectures,
                    std::span<const std::string_view> without_effect, std::string_view program) {
  const bool own_program = !program.empty() && config.all_begin("auto_map", program);
  for (const std::string_view key : kRefused)
    if (key != "auto_map" || !own_program) ASSAY_TRY_VOID(config.must_be_nothing(key));
  for (const std::string_view key : {"is_encoder_decoder", "is_decoder", "add_cross_attention"})
    ASSAY_TRY_VOID(config.must_be(key, false));
  ASSAY_TRY_VOID(config.must_be_one_of("architectures", architectures));
  std::vector<std::string_view> known(std::begin(kWithoutEffect), std::end(kWithoutEffect));
  known.insert(known.end(), without_effect.begin(), without_effect.end());
  // Asked for where the weights are read, or above.
  known.insert(known.end(), {"model_type", "dtype", "torch_dtype", "auto_map"});
  return config.check_all_asked(known);
}

}  // namespace assay::models
