#include "models/bert.h"

#include <numeric>

#include "models/checkpoint.h"
#include "models/config_keys.h"
#include "models/layers.h"

namespace assay::models {
namespace {

using graph::DType;
using graph::Graph;
using graph::Tensor;

constexpr const char* kOutput = "sentence_embedding";

class Bert {
 public:
  Bert(const BertConfig& config, std::string name, int64_t length, int64_t batch)
      : c_(config), length_(length), batch_(batch), b_(std::move(name)) {}

  Result<Graph> embedding() {
    ValueId x = embedded();
    for (int64_t i = 0; i < c_.layers; ++i) x = feed_forward(i, attention(i, x));
    const char* last = c_.normalised ? "pooled" : kOutput;
    const ValueId pooled = c_.pooling == Pooling::mean ? mean(last, x) : first(last, x);
    b_.output(c_.normalised ? normalised(pooled) : pooled);
    return std::move(b_).finish();
  }

 private:
  static std::string layer(int64_t i, std::string_view part) { return fmt::format("layers.{}.{}", i, part); }
  static std::string weight(int64_t i, std::string_view part) {
    return fmt::format("encoder.layer.{}.{}", i, part);
  }

  ValueId norm(std::string name, ValueId x, const std::string& prefix) {
    return b_.layer_norm(std::move(name), x, prefix, c_.norm_epsilon);
  }

  ValueId embedded() {
    std::vector<int64_t> places(static_cast<size_t>(length_));
    std::iota(places.begin(), places.end(), 0);
    const ValueId ids = b_.input("input_ids", DType::i64, {batch_, length_});
    const ValueId positions = b_.constant("positions", Tensor::of<int64_t>({1, length_}, places));
    const ValueId types = b_.constant("token_types", Tensor(DType::i64, {1, length_}));
    const ValueId words =
        b_.embedding("word_embedding", ids, b_.table("embeddings.word_embeddings", c_.vocabulary, c_.hidden));
    const ValueId position = b_.embedding(
        "position_embedding", positions, b_.table("embeddings.position_embeddings", c_.positions, c_.hidden));
    const ValueId type =
        b_.embedding("token_type_embedding", types,
                     b_.table("embeddings.token_type_embeddings", c_.token_types, c_.hidden));
    const ValueId typed = b_.add("typed_words", words, type);
    return norm("embedding", b_.add("placed_words", typed, position), "embeddings.LayerNorm");
  }

  ValueId attention(int64_t i, ValueId x) {
    const auto projected = [&](const char* part) {
      return b_.linear(layer(i, part), x, weight(i, fmt::format("attention.self.{}", part)), c_.hidden);
    };
    const ValueId query = projected("query"), key = projected("key"), value = projected("value");
    const ValueId mixed = b_.op(layer(i, "attention"), "Attention", {query, key, value},
                                {{"q_num_heads", c_.heads}, {"kv_num_heads", c_.heads}});
    const ValueId branch = b_.linear(layer(i, "attention_output"), mixed, weight(i, "attention.output.dense"),
                                     c_.hidden, {.scale = branch_scale()});
    return norm(layer(i, "attention_norm"), b_.add(layer(i, "attention_residual"), x, branch),
                weight(i, "attention.output.LayerNorm"));
  }

  ValueId feed_forward(int64_t i, ValueId x) {
    const ValueId wide =
        b_.linear(layer(i, "intermediate"), x, weight(i, "intermediate.dense"), c_.feed_forward);
    const ValueId active = b_.op(layer(i, "gelu"), "Gelu", {wide}, {{"approximate", "none"}});
    const ValueId branch = b_.linear(layer(i, "output"), active, weight(i, "output.dense"), c_.hidden,
                                     {.scale = branch_scale()});
    return norm(layer(i, "output_norm"), b_.add(layer(i, "output_residual"), x, branch),
                weight(i, "output.LayerNorm"));
  }

  // Over the tokens, [batch, hidden].
  ValueId mean(std::string name, ValueId x) {
    const ValueId axis = b_.constant("tokens.axis", Tensor::of<int64_t>({1}, {1}));
    return b_.op(std::move(name), "ReduceMean", {x, axis}, {{"keepdims", 0}});
  }
  ValueId first(std::string name, ValueId x) {
    return b_.reshape(std::move(name), b_.rows("first", x, 0, 1), {batch_, c_.hidden});
  }

  ValueId normalised(ValueId x) {
    const ValueId axis = b_.constant("tokens.axis", Tensor::of<int64_t>({1}, {1}));
    const ValueId square = b_.op("pooled.square", "Mul", {x, x});
    const ValueId sum = b_.op("pooled.sum_square", "ReduceSum", {square, axis}, {{"keepdims", 1}});
    return b_.op(kOutput, "Div", {x, b_.op("pooled.length", "Sqrt", {sum})});
  }

  [[nodiscard]] double branch_scale() const { return Layers::branch_scale(2 * c_.layers); }

  const BertConfig& c_;
  int64_t length_;
  int64_t batch_;
  Layers b_;
};

// What a BERT's config.json says besides that does not matter: dropout, heads that are not used.
constexpr std::string_view kBertWithoutEffect[] = {"hidden_dropout_prob", "attention_probs_dropout_prob",
                                                   "classifier_dropout", "tie_word_embeddings",
                                                   "output_past"};
constexpr std::string_view kBertArchitectures[] = {"BertModel"};
constexpr std::string_view kPositions[] = {"absolute"};

}  // namespace

Result<BertConfig> bert_config(const Config& config) {
  BertConfig result;
  ASSAY_TRY(result.hidden, config.positive("hidden_size"));
  ASSAY_TRY(result.layers, config.positive("num_hidden_layers"));
  ASSAY_TRY(result.heads, config.positive("num_attention_heads"));
  ASSAY_TRY(result.feed_forward, config.positive("intermediate_size"));
  ASSAY_TRY(result.vocabulary, config.positive("vocab_size"));
  ASSAY_TRY(result.positions, config.positive("max_position_embeddings"));
  ASSAY_TRY(result.token_types, config.positive("type_vocab_size"));
  ASSAY_TRY(result.norm_epsilon, config.positive_real("layer_norm_eps"));
  if (result.hidden % result.heads != 0)
    return config.refuse("num_attention_heads", fmt::format("a divisor of hidden_size, {}", result.hidden));
  ASSAY_TRY(const auto activation, config.text("hidden_act"));
  if (activation != "gelu") return config.refuse("hidden_act", "gelu");
  ASSAY_TRY_VOID(config.must_be_one_of("position_embedding_type", kPositions));
  ASSAY_TRY_VOID(check_keys(config, kBertArchitectures, kBertWithoutEffect));
  return result;
}

Result<Graph> bert_embedding(const BertConfig& config, std::string name, int64_t length, int64_t batch) {
  return Bert(config, std::move(name), length, batch).embedding();
}

}  // namespace assay::models
