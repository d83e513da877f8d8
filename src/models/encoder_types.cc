#include "models/encoder_types.h"

#include <algorithm>

#include "models/rope_config.h"

namespace assay::models {
namespace {

constexpr std::string_view kAbsolute[] = {"absolute"};
constexpr std::string_view kGlobal = "full_attention", kLocal = "sliding_attention";
constexpr std::string_view kReaches[] = {kGlobal, kLocal};

// Sizes that only some types have.
Result<> read_types(const Config& config, EncoderConfig& result) {
  ASSAY_TRY(result.token_types, config.positive("type_vocab_size"));
  return {};
}

Result<> read_like_bert(const Config& config, EncoderConfig& result) {
  ASSAY_TRY_VOID(read_types(config, result));
  ASSAY_TRY(result.norm_epsilon, config.positive_real("layer_norm_eps"));
  ASSAY_TRY(result.activation, read_activation(config, "hidden_act"));
  return config.must_be_one_of("position_embedding_type", kAbsolute);
}

Result<> read_bert(const Config& config, EncoderConfig& result) {
  ASSAY_TRY_VOID(read_like_bert(config, result));
  result.head = EncoderHead{.activation = result.activation};
  return {};
}

// Positions are counted from behind that of padding, an id that no input has. The head has GELU whatever the
// layers have.
Result<> read_roberta(const Config& config, EncoderConfig& result) {
  ASSAY_TRY_VOID(read_like_bert(config, result));
  if (config.is_null("pad_token_id"))
    return config.refuse("pad_token_id", "an id: positions are counted from behind it");
  result.padding = 1;
  if (config.has("pad_token_id")) {
    ASSAY_TRY(result.padding, config.natural("pad_token_id"));
  }
  const int64_t most = std::min(result.vocabulary, result.positions);
  if (result.first_position() > most)
    return config.refuse("pad_token_id",
                         fmt::format("less than vocab_size and max_position_embeddings, {}", most));
  result.head = EncoderHead{};
  return {};
}

Result<> read_distilbert(const Config& config, EncoderConfig& result) {
  result.token_types = 0;
  ASSAY_TRY(result.activation, read_activation(config, "activation"));
  result.head = EncoderHead{.activation = result.activation};
  return {};
}

// Which layers see but so far: as layer_types has it, or else all but every third, or whatever number is
// said.
Result<std::vector<bool>> local_layers(const Config& config, int64_t layers) {
  std::vector<bool> result(static_cast<size_t>(layers));
  int64_t every = 3;
  if (config.has("global_attn_every_n_layers")) {
    ASSAY_TRY(every, config.positive("global_attn_every_n_layers"));
  }
  if (config.has("layer_types")) {
    ASSAY_TRY_VOID(config.must_be_one_of("layer_types", kReaches));
    ASSAY_TRY(const auto kinds, config.texts("layer_types", result.size()));
    for (size_t i = 0; i < kinds.size(); ++i) result[i] = kinds[i] == kLocal;
  } else {
    for (int64_t i = 0; i < layers; ++i) result[static_cast<size_t>(i)] = i % every != 0;
  }
  return result;
}

// Frequencies of their own for the layers that see but so far; one set where all layers are of one kind.
Result<> read_reaches(const Config& config, EncoderConfig& result) {
  ASSAY_TRY(const auto local, local_layers(config, result.layers));
  int64_t window = 128;
  if (config.has("local_attention")) {
    ASSAY_TRY(window, config.natural("local_attention"));
  }
  // transformers would lay it over both sets.
  ASSAY_TRY_VOID(config.must_be_nothing("rope_scaling"));
  ASSAY_TRY(auto ropes,
            read_two_ropes(
                config, {.head_size = result.head_width(), .theta = 160000, .theta_key = "global_rope_theta"},
                "local_rope_theta", 10000));
  const bool one = std::ranges::adjacent_find(local, std::ranges::not_equal_to()) == local.end();
  result.ropes = {std::move(ropes.full), std::move(ropes.sliding)};
  if (one) result.ropes.erase(result.ropes.begin() + (local.front() ? 0 : 1));
  for (const bool is_local : local)
    result.kinds.push_back(
        {.rope = is_local && !one ? 1 : 0, .reach = is_local ? std::optional(window / 2) : std::nullopt});
  return {};
}

Result<> read_modernbert(const Config& config, EncoderConfig& result) {
  result.token_types = 0;
  result.norms_first = true;
  ASSAY_TRY(result.norm_epsilon, config.positive_real("norm_eps"));
  ASSAY_TRY(result.activation, read_activation(config, "hidden_activation"));
  ASSAY_TRY(result.norm_bias, config.flag("norm_bias", false));
  ASSAY_TRY(result.attention_bias, config.flag("attention_bias", false));
  ASSAY_TRY(result.feed_forward_bias, config.flag("mlp_bias", false));
  EncoderHead head;
  ASSAY_TRY(head.dense_bias, config.flag("classifier_bias", false));
  ASSAY_TRY(head.output_bias, config.flag("decoder_bias", true));
  if (config.has("classifier_activation")) {
    ASSAY_TRY(head.activation, read_activation(config, "classifier_activation"));
  }
  result.head = head;
  return read_reaches(config, result);
}

// Files for the model's own program have no token types where this is 0.
Result<> read_nomic(const Config& config, EncoderConfig& result) {
  ASSAY_TRY(result.token_types, config.natural("type_vocab_size"));
  ASSAY_TRY(result.norm_epsilon, config.positive_real("layer_norm_eps"));
  ASSAY_TRY(result.activation, read_activation(config, "hidden_act"));
  result.attention_bias = result.feed_forward_bias = false;
  if (config.has("head_dim")) {
    ASSAY_TRY(result.head_size, config.positive("head_dim"));
  }
  ASSAY_TRY(auto rope, read_rope(config, {.head_size = result.head_width(), .theta = 1000}));
  result.ropes = {std::move(rope)};
  result.head = EncoderHead{.activation = result.activation};
  return {};
}

// Files that name the authors' own program, with the keys that it has.
Result<> read_own_nomic(const Config& config, EncoderConfig& result) {
  ASSAY_TRY(result.token_types, config.natural("type_vocab_size"));
  ASSAY_TRY(result.norm_epsilon, config.positive_real("layer_norm_epsilon"));
  ASSAY_TRY(const std::string activation, config.text("activation_function"));
  if (activation != "swiglu") return config.refuse("activation_function", "swiglu");
  for (const char* key :
       {"prenorm", "qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias", "causal", "parallel_block",
        "rotary_emb_interleaved", "use_rms_norm", "scale_attn_by_inverse_layer_idx"})
    ASSAY_TRY_VOID(config.must_be(key, false));
  ASSAY_TRY_VOID(config.must_be("scale_attn_weights", true));
  for (const char* key : {"rotary_emb_scale_base", "rotary_scaling_factor"})
    ASSAY_TRY_VOID(config.must_be_nothing(key));
  ASSAY_TRY(const double turned, config.positive_real("rotary_emb_fraction"));
  if (turned != 1) return config.refuse("rotary_emb_fraction", "1");
  Rope rope{.size = result.head_width()};
  ASSAY_TRY(rope.theta, config.positive_real("rotary_emb_base"));
  result.ropes = {std::move(rope)};
  result.activation = Activation::silu;
  result.attention_bias = result.feed_forward_bias = false;
  return {};
}

EncoderNames roberta_names() {
  return {.head_dense = "lm_head.dense",
          .head_norm = "lm_head.layer_norm",
          .head_weight = "lm_head.decoder.weight",
          .head_bias = "lm_head.bias"};
}

EncoderNames distilbert_names() {
  return {.types = "",
          .layer = "transformer.layer",
          .query = "attention.q_lin",
          .key = "attention.k_lin",
          .value = "attention.v_lin",
          .attention_output = "attention.out_lin",
          .attention_norm = "sa_layer_norm",
          .up = "ffn.lin1",
          .down = "ffn.lin2",
          .feed_forward_norm = "output_layer_norm",
          .head_dense = "vocab_transform",
          .head_norm = "vocab_layer_norm",
          .head_weight = "vocab_projector.weight",
          .head_bias = "vocab_projector.bias"};
}

EncoderNames modernbert_names() {
  return {.words = "embeddings.tok_embeddings",
          .positions = "",
          .types = "",
          .embedding_norm = "embeddings.norm",
          .layer = "layers",
          .query = "",
          .key = "",
          .value = "",
          .qkv = "attn.Wqkv",
          .attention_output = "attn.Wo",
          .attention_norm = "attn_norm",
          .up = "",
          .gate_up = "mlp.Wi",
          .down = "mlp.Wo",
          .feed_forward_norm = "mlp_norm",
          .final_norm = "final_norm",
          .head_dense = "head.dense",
          .head_norm = "head.norm",
          .head_weight = "decoder.weight",
          .head_bias = "decoder.bias"};
}

// As its authors' files have them, and transformers writes them.
EncoderNames nomic_names() {
  return {.positions = "",
          .embedding_norm = "emb_ln",
          .layer = "encoder.layers",
          .query = "",
          .key = "",
          .value = "",
          .qkv = "attn.Wqkv",
          .attention_output = "attn.out_proj",
          .attention_norm = "norm1",
          .up = "mlp.fc11",
          .gate = "mlp.fc12",
          .down = "mlp.fc2",
          .feed_forward_norm = "norm2",
          .head_norm = "cls.predictions.transform.layer_norm"};
}

// As transformers has them in memory.
EncoderNames nomic_parts() {
  return {.positions = "",
          .layer = "layers",
          .query = "self_attn.q_proj",
          .key = "self_attn.k_proj",
          .value = "self_attn.v_proj",
          .attention_output = "self_attn.o_proj",
          .attention_norm = "post_attention_layernorm",
          .up = "mlp.up_proj",
          .gate = "mlp.gate_proj",
          .down = "mlp.down_proj",
          .feed_forward_norm = "post_mlp_layernorm",
          .head_norm = "cls.predictions.transform.layer_norm"};
}

}  // namespace

const std::vector<EncoderType>& encoder_type_list() {
  const auto roberta = [](std::string_view name, std::string_view embedder, std::string_view masked_lm) {
    return EncoderType{.name = name,
                       .embedder = embedder,
                       .masked_lm = masked_lm,
                       .prefixes = {"roberta."},
                       .layouts = {roberta_names()},
                       .without_effect = {"hidden_dropout_prob", "attention_probs_dropout_prob",
                                          "classifier_dropout", "output_past"},
                       .read = read_roberta};
  };
  static const std::vector<EncoderType> types = {
      {.name = "bert",
       .embedder = "BertModel",
       .masked_lm = "BertForMaskedLM",
       .prefixes = {"bert."},
       .layouts = {EncoderNames{}},
       .without_effect = {"hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout",
                          "output_past"},
       .read = read_bert},
      roberta("roberta", "RobertaModel", "RobertaForMaskedLM"),
      roberta("xlm-roberta", "XLMRobertaModel", "XLMRobertaForMaskedLM"),
      roberta("camembert", "CamembertModel", "CamembertForMaskedLM"),
      {.name = "distilbert",
       .embedder = "DistilBertModel",
       .masked_lm = "DistilBertForMaskedLM",
       .prefixes = {"distilbert."},
       .layouts = {distilbert_names()},
       .without_effect = {"dropout", "attention_dropout", "qa_dropout", "seq_classif_dropout",
                          "sinusoidal_pos_embds", "tie_weights_", "output_past"},
       .hidden = "dim",
       .layers = "n_layers",
       .heads = "n_heads",
       .feed_forward = "hidden_dim",
       .read = read_distilbert},
      {.name = "modernbert",
       .embedder = "ModernBertModel",
       .masked_lm = "ModernBertForMaskedLM",
       .prefixes = {"model."},
       .layouts = {modernbert_names()},
       .without_effect = {"attention_dropout", "embedding_dropout", "mlp_dropout", "classifier_dropout",
                          "classifier_pooling", "cls_token_id", "initializer_cutoff_factor",
                          "deterministic_flash_attn", "reference_compile", "repad_logits_with_grad",
                          "sparse_prediction", "sparse_pred_ignore_index", "layer_norm_eps",
                          "position_embedding_type"},
       .read = read_modernbert},
      {.name = "nomic_bert",
       .marker = "n_embd",
       .program = "nomic-ai/",
       .embedder = "NomicBertModel",
       .prefixes = {"bert."},
       .layouts = {nomic_names()},
       .without_effect = {"attn_pdrop", "embd_pdrop", "resid_pdrop", "dense_seq_output", "fused_bias_fc",
                          "fused_dropout_add_ln", "reorder_and_upcast_attn", "use_flash_attn", "use_xentropy",
                          "max_trained_positions", "pad_vocab_size_multiple", "parallel_block_tied_norm",
                          "summary_activation", "summary_first_dropout", "summary_proj_to_labels",
                          "summary_type", "summary_use_proj"},
       .hidden = "n_embd",
       .layers = "n_layer",
       .heads = "n_head",
       .feed_forward = "n_inner",
       .positions = "n_positions",
       .read = read_own_nomic},
      {.name = "nomic_bert",
       .embedder = "NomicBertModel",
       .masked_lm = "NomicBertForMaskedLM",
       .prefixes = {"nomic_bert.", "bert."},
       .layouts = {nomic_names(), nomic_parts()},
       .without_effect = {"hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"},
       .read = read_nomic},
  };
  return types;
}

}  // namespace assay::models
