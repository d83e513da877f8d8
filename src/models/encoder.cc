#include "models/encoder.h"

#include <cstdlib>
#include <numeric>

#include "models/layers.h"

namespace assay::models {
namespace {

using graph::DType;
using graph::Graph;
using graph::kAbsent;
using graph::Tensor;

constexpr const char* kOutput = "sentence_embedding";

// Emits one graph.
class Encoder {
 public:
  Encoder(const EncoderConfig& config, std::string name, int64_t length, int64_t batch)
      : c_(config), n_(config.names), length_(length), batch_(batch), b_(std::move(name)) {}

  Result<Graph> outputs() {
    const ValueId x = body();
    b_.output(c_.head ? logits(*c_.head, x) : sentence(x));
    return std::move(b_).finish();
  }

  Result<Graph> loss() {
    const ValueId x = body();
    const int64_t rows = batch_ * length_;
    const ValueId labels = b_.input("labels", DType::i64, {rows});
    const ValueId scores =
        b_.reshape("scores", logits(c_.head.value_or(EncoderHead{}), x), {rows, c_.vocabulary});
    b_.output(b_.cross_entropy(scores, labels));
    return std::move(b_).finish();
  }

 private:
  struct Tables {
    ValueId cos;
    ValueId sin;
  };
  struct Projected {
    ValueId query;
    ValueId key;
    ValueId value;
  };

  static std::string layer(int64_t i, std::string_view part) { return fmt::format("layers.{}.{}", i, part); }
  [[nodiscard]] std::string weight(std::string_view part) const {
    return fmt::format("{}{}", c_.prefix, part);
  }
  [[nodiscard]] std::string weight(int64_t i, std::string_view part) const {
    return fmt::format("{}{}.{}.{}", c_.prefix, n_.layer, i, part);
  }

  ValueId norm(std::string name, ValueId x, const std::string& prefix) {
    return b_.layer_norm(std::move(name), x, prefix, c_.norm_epsilon,
                         {.bias = c_.norm_bias, .old_names = c_.old_norm_names});
  }
  ValueId linear(std::string name, ValueId x, const std::string& prefix, int64_t outputs, bool bias,
                 double scale = 1) {
    return b_.linear(std::move(name), x, prefix, outputs, {.bias = bias, .scale = scale});
  }

  // The last hidden states, [batch, length, hidden].
  ValueId body() {
    ValueId x = embedded();
    for (size_t i = 0; i < c_.ropes.size(); ++i) tables_.push_back(tables(i));
    for (int64_t i = 0; i < c_.layers; ++i) x = c_.norms_first ? norms_first(i, x) : norms_last(i, x);
    return c_.norms_first ? norm("final_norm", x, weight(n_.final_norm)) : x;
  }

  ValueId norms_last(int64_t i, ValueId x) {
    const ValueId mixed = b_.add(layer(i, "attention_residual"), x, attention(i, x));
    x = norm(layer(i, "attention_norm"), mixed, weight(i, n_.attention_norm));
    const ValueId fed = b_.add(layer(i, "output_residual"), x, feed_forward(i, x));
    return norm(layer(i, "output_norm"), fed, weight(i, n_.feed_forward_norm));
  }

  // The embedding is normed already: the first branch is not once more.
  ValueId norms_first(int64_t i, ValueId x) {
    const ValueId first = i == 0 ? x : norm(layer(i, "attention_norm"), x, weight(i, n_.attention_norm));
    x = b_.add(layer(i, "attention_residual"), x, attention(i, first));
    const ValueId second = norm(layer(i, "output_norm"), x, weight(i, n_.feed_forward_norm));
    return b_.add(layer(i, "output_residual"), x, feed_forward(i, second));
  }

  ValueId embedded() {
    const ValueId ids = b_.input("input_ids", DType::i64, {batch_, length_});
    const ValueId positions = c_.ropes.empty() ? b_.constant("positions", places()) : kAbsent;
    const ValueId types =
        c_.token_types > 0 ? b_.constant("token_types", Tensor(DType::i64, {1, length_})) : kAbsent;
    words_ = b_.table(weight(n_.words), c_.vocabulary, c_.hidden);
    ValueId x = b_.embedding("word_embedding", ids, words_);
    const ValueId position =
        c_.ropes.empty() ? looked_up("position_embedding", positions, n_.positions, c_.positions) : kAbsent;
    if (c_.token_types > 0)
      x = b_.add("typed_words", x, looked_up("token_type_embedding", types, n_.types, c_.token_types));
    if (c_.ropes.empty()) x = b_.add("placed_words", x, position);
    return norm("embedding", x, weight(n_.embedding_norm));
  }

  ValueId looked_up(const char* name, ValueId indices, std::string_view part, int64_t rows) {
    return b_.embedding(name, indices, b_.table(weight(part), rows, c_.hidden));
  }

  [[nodiscard]] Tensor places() const {
    std::vector<int64_t> result(static_cast<size_t>(length_));
    std::iota(result.begin(), result.end(), c_.first_position());
    return Tensor::of<int64_t>({1, length_}, result);
  }

  Tables tables(size_t i) {
    const std::string name = i == 0 ? "rope" : fmt::format("rope.{}", i);
    const Span span{.batch = batch_, .first = 0, .count = length_, .total = length_};
    return {b_.constant(name + ".cos", rope_table(c_.ropes[i], RopePart::cosine, span, c_.float32_angles)),
            b_.constant(name + ".sin", rope_table(c_.ropes[i], RopePart::sine, span, c_.float32_angles))};
  }

  ValueId attention(int64_t i, ValueId x) {
    const auto [query, key, value] = n_.qkv.empty() ? projections(i, x) : split_projection(i, x);
    std::vector<ValueId> inputs = {positioned(i, "query", query), positioned(i, "key", key), value};
    if (const auto reach = c_.kind(i).reach; reach && *reach < length_ - 1) inputs.push_back(window(*reach));
    const ValueId mixed = b_.op(layer(i, "attention"), "Attention", std::move(inputs),
                                {{"q_num_heads", c_.heads}, {"kv_num_heads", c_.heads}});
    return linear(layer(i, "attention_output"), mixed, weight(i, n_.attention_output), c_.hidden,
                  c_.attention_bias, branch_scale());
  }

  // The name of a projection: that of what becomes of it, where nothing more is done to it.
  [[nodiscard]] std::string raw_name(int64_t i, std::string_view part) const {
    return layer(i, part) + (c_.ropes.empty() ? "" : "_proj");
  }

  Projected projections(int64_t i, ValueId x) {
    const auto projected = [&](std::string name, std::string_view part) {
      return linear(std::move(name), x, weight(i, part), c_.heads * c_.head_width(), c_.attention_bias);
    };
    const ValueId query = projected(raw_name(i, "query"), n_.query);
    const ValueId key = projected(raw_name(i, "key"), n_.key);
    return {query, key, projected(layer(i, "value"), n_.value)};
  }

  Projected split_projection(int64_t i, ValueId x) {
    const int64_t width = c_.heads * c_.head_width();
    const ValueId all = linear(layer(i, "qkv"), x, weight(i, n_.qkv), 3 * width, c_.attention_bias);
    const auto parts = split("qkv.sizes", all, layer(i, "qkv_split"), {width, width, width},
                             {raw_name(i, "query"), raw_name(i, "key"), layer(i, "value")});
    return {parts[0], parts[1], parts[2]};
  }

  std::vector<ValueId> split(const char* sizes_name, ValueId all, std::string name,
                             const std::vector<int64_t>& sizes, const std::vector<std::string>& outputs) {
    const ValueId columns =
        b_.constant(sizes_name, Tensor::of<int64_t>({static_cast<int64_t>(sizes.size())}, sizes));
    auto parts = b_.ops(std::move(name), "Split", {all, columns}, {{"axis", -1}}, outputs);
    if (parts.empty()) parts.assign(sizes.size(), kAbsent);  // after an error, which finish() tells
    return parts;
  }

  // Queries or keys, turned where positions are.
  ValueId positioned(int64_t i, std::string_view part, ValueId x) {
    if (c_.ropes.empty()) return x;
    const Tables& table = tables_[static_cast<size_t>(c_.kind(i).rope)];
    return b_.op(layer(i, part), "RotaryEmbedding", {x, table.cos, table.sin},
                 {{"num_heads", c_.heads}, {"interleaved", 0}});
  }

  // True where a token, the row, sees another, the column.
  ValueId window(int64_t reach) {
    Tensor mask(DType::boolean, {length_, length_});
    const auto seen = mask.mutable_data<bool>();
    for (int64_t row = 0; row < length_; ++row)
      for (int64_t column = 0; column < length_; ++column)
        seen[static_cast<size_t>(row * length_ + column)] = std::abs(row - column) <= reach;
    return b_.constant(fmt::format("window.{}", reach), std::move(mask));
  }

  ValueId feed_forward(int64_t i, ValueId x) {
    const ValueId wide = c_.gated() ? gated(i, x) : activated_intermediate(i, x);
    return linear(layer(i, "output"), wide, weight(i, n_.down), c_.hidden, c_.feed_forward_bias,
                  branch_scale());
  }

  ValueId activated_intermediate(int64_t i, ValueId x) {
    const ValueId wide =
        linear(layer(i, "intermediate"), x, weight(i, n_.up), c_.feed_forward, c_.feed_forward_bias);
    return activated(b_, layer_name(i), wide, c_.activation);
  }

  ValueId gated(int64_t i, ValueId x) {
    const auto [gate, up] = gate_and_up(i, x);
    return b_.op(layer(i, "gated"), "Mul", {activated(b_, layer_name(i), gate, c_.activation), up});
  }

  std::pair<ValueId, ValueId> gate_and_up(int64_t i, ValueId x) {
    const int64_t columns = c_.feed_forward;
    if (n_.gate_up.empty()) {
      const ValueId gate = linear(layer(i, "gate"), x, weight(i, n_.gate), columns, c_.feed_forward_bias);
      return {gate, linear(layer(i, "up"), x, weight(i, n_.up), columns, c_.feed_forward_bias)};
    }
    const ValueId all =
        linear(layer(i, "gate_up"), x, weight(i, n_.gate_up), 2 * columns, c_.feed_forward_bias);
    const auto parts = split("gate_up.sizes", all, layer(i, "gate_up_split"), {columns, columns},
                             {layer(i, "gate"), layer(i, "up")});
    return {parts[0], parts[1]};
  }

  static std::string layer_name(int64_t i) { return fmt::format("layers.{}", i); }

  ValueId sentence(ValueId x) {
    const char* last = c_.normalised ? "pooled" : kOutput;
    const ValueId pooled = c_.pooling == Pooling::mean ? mean(last, x) : first(last, x);
    return c_.normalised ? normalised(pooled) : pooled;
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

  ValueId logits(const EncoderHead& head, ValueId x) {
    const ValueId dense = linear("head.dense", x, std::string(n_.head_dense), c_.hidden, head.dense_bias);
    const ValueId active = activated(b_, "head", dense, head.activation);
    std::vector<ValueId> inputs = {norm("head.norm", active, std::string(n_.head_norm)), words_};
    if (head.output_bias)
      inputs.push_back(b_.parameter(std::string(n_.head_bias), {c_.vocabulary}, {.mean = 0, .std = 0.02}));
    return b_.op("logits", "Linear", std::move(inputs));
  }

  // Two branches a layer are added up: their sum keeps the variance of one.
  [[nodiscard]] double branch_scale() const { return Layers::branch_scale(2 * c_.layers); }

  const EncoderConfig& c_;
  const EncoderNames& n_;
  int64_t length_;
  int64_t batch_;
  Layers b_;
  ValueId words_ = kAbsent;
  std::vector<Tables> tables_;
};

}  // namespace

Result<Graph> encoder_outputs(const EncoderConfig& config, std::string name, int64_t length, int64_t batch) {
  return Encoder(config, std::move(name), length, batch).outputs();
}

Result<Graph> encoder_loss(const EncoderConfig& config, std::string name, int64_t length, int64_t batch) {
  ASSAY_CHECK(config.head);
  return Encoder(config, std::move(name), length, batch).loss();
}

}  // namespace assay::models
