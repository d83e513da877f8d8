#include "models/llama.h"

#include <algorithm>
#include <cmath>

#include "graph/builder.h"

namespace assay::models {
namespace {

using graph::Builder;
using graph::DType;
using graph::Graph;
using graph::Init;
using graph::kAbsent;
using graph::Shape;
using graph::Tensor;
using graph::ValueId;

// Emits one graph: of each sequence of the batch `length` tokens from position `first`.
class Llama {
 public:
  Llama(const LlamaConfig& config, std::string name, int64_t first, int64_t length, int64_t batch)
      : c_(config), length_(length), batch_(batch), b_(std::move(name)) {
    ids_ = b_.input("input_ids", DType::i64, {batch, length});
    cos_ = b_.constant("rope.cos", rope_table(config, RopePart::cosine, first, length, batch));
    sin_ = b_.constant("rope.sin", rope_table(config, RopePart::sine, first, length, batch));
  }

  Result<Graph> prefill() {
    b_.output(head(body()));
    return std::move(b_).finish();
  }

  Result<Graph> loss() {
    const ValueId labels = b_.input("labels", DType::i64, {batch_ * length_});
    const ValueId shape =
        b_.constant("scores.shape", Tensor::of<int64_t>({2}, {batch_ * length_, c_.vocabulary}));
    const ValueId scores = b_.op("scores", "Reshape", {head(body()), shape});
    b_.output(b_.op("loss", "SoftmaxCrossEntropyLoss", {scores, labels}, {{"reduction", "mean"}}));
    return std::move(b_).finish();
  }

  Result<Graph> decode(int64_t past) {
    past_ = past;
    b_.output(head(body()));
    for (const Cache& cache : caches_) {
      b_.output(cache.key);
      b_.output(cache.value);
    }
    return std::move(b_).finish();
  }

  // What follows the last keys and values is left out.
  Result<Graph> cache() {
    ValueId x = embedding();
    for (int64_t i = 0; i < c_.layers; ++i) {
      const ValueId normed = norm(layer(i, "input_norm"), x, layer_weight(i, "input_layernorm"));
      const bool last = i + 1 == c_.layers;
      const ValueId query = last ? kAbsent : queries(i, normed);
      const Cache made = keys_and_values(i, normed);
      b_.output(split_heads(layer(i, "past_key"), made.key));
      b_.output(split_heads(layer(i, "past_value"), made.value));
      if (!last) x = feed_forward(i, attention(i, x, query, made));
    }
    return std::move(b_).finish();
  }

  Result<Graph> last_row_graph() {
    last_row_ = true;
    const ValueId x = body();
    b_.output(head(last_row("last", x)));
    for (size_t i = 0; i < caches_.size(); ++i) {
      b_.output(last_row(layer(static_cast<int64_t>(i), "key"), caches_[i].key));
      b_.output(last_row(layer(static_cast<int64_t>(i), "value"), caches_[i].value));
    }
    return std::move(b_).finish();
  }

 private:
  // Keys (rotated) and values of this graph's tokens, [batch, length, kv_heads * head_size].
  struct Cache {
    ValueId key;
    ValueId value;
  };

  static std::string layer(int64_t i, std::string_view part) { return fmt::format("layers.{}.{}", i, part); }
  static std::string layer_weight(int64_t i, std::string_view part) {
    return fmt::format("model.layers.{}.{}.weight", i, part);
  }
  // The whole sequence's keys, where the name of one row's is taken by the output.
  [[nodiscard]] std::string cache_name(int64_t i, std::string_view part) const {
    return layer(i, part) + (last_row_ ? ".sequence" : "");
  }

  ValueId embedding() {
    embedding_ = b_.parameter("model.embed_tokens.weight", {c_.vocabulary, c_.hidden}, noise(c_.hidden));
    return b_.op("embedding", "Gather", {embedding_, ids_}, {{"axis", 0}});
  }

  // All layers; the caches stay in caches_.
  ValueId body() {
    ValueId x = embedding();
    for (int64_t i = 0; i < c_.layers; ++i) {
      const ValueId normed = norm(layer(i, "input_norm"), x, layer_weight(i, "input_layernorm"));
      const ValueId query = queries(i, normed);
      caches_.push_back(keys_and_values(i, normed));
      x = feed_forward(i, attention(i, x, query, caches_.back()));
    }
    return x;
  }

  // Before keys and values: the three weights then lie one after the other in the weights file, and a runtime
  // that wants them as one matrix has it without a copy.
  ValueId queries(int64_t i, ValueId normed) {
    const int64_t columns = c_.query_heads * c_.head_size;
    const ValueId projected =
        linear(layer(i, "q_proj"), normed, layer_weight(i, "self_attn.q_proj"), columns);
    return rotated(layer(i, "query"), projected, c_.query_heads);
  }

  Cache keys_and_values(int64_t i, ValueId normed) {
    const int64_t columns = c_.kv_heads * c_.head_size;
    const ValueId key = linear(layer(i, "k_proj"), normed, layer_weight(i, "self_attn.k_proj"), columns);
    const ValueId value =
        linear(cache_name(i, "value"), normed, layer_weight(i, "self_attn.v_proj"), columns);
    return {rotated(cache_name(i, "key"), key, c_.kv_heads), value};
  }

  ValueId attention(int64_t i, ValueId x, ValueId query, const Cache& cache) {
    std::vector<ValueId> inputs = {query, cache.key, cache.value};
    if (past_ > 0) {
      const Shape shape = {batch_, c_.kv_heads, past_, c_.head_size};
      inputs.push_back(kAbsent);  // no mask
      inputs.push_back(b_.state(layer(i, "past_key"), DType::f32, shape));
      inputs.push_back(b_.state(layer(i, "past_value"), DType::f32, shape));
    }
    // A single new token sees all keys: nothing to mask.
    const ValueId mixed = b_.op(
        layer(i, "attention"), "Attention", std::move(inputs),
        {{"is_causal", past_ > 0 ? 0 : 1}, {"q_num_heads", c_.query_heads}, {"kv_num_heads", c_.kv_heads}});
    const ValueId branch =
        linear(layer(i, "o_proj"), mixed, layer_weight(i, "self_attn.o_proj"), c_.hidden, branch_scale());
    return b_.op(layer(i, "attention_residual"), "Add", {x, branch});
  }

  ValueId feed_forward(int64_t i, ValueId x) {
    const ValueId normed =
        norm(layer(i, "post_attention_norm"), x, layer_weight(i, "post_attention_layernorm"));
    const ValueId gate =
        linear(layer(i, "gate_proj"), normed, layer_weight(i, "mlp.gate_proj"), c_.feed_forward);
    const ValueId up = linear(layer(i, "up_proj"), normed, layer_weight(i, "mlp.up_proj"), c_.feed_forward);
    const ValueId active = b_.op(layer(i, "swish"), "Swish", {gate});
    const ValueId gated = b_.op(layer(i, "gated"), "Mul", {active, up});
    const ValueId branch =
        linear(layer(i, "down_proj"), gated, layer_weight(i, "mlp.down_proj"), c_.hidden, branch_scale());
    return b_.op(layer(i, "mlp_residual"), "Add", {x, branch});
  }

  // Logits of the rows of x.
  ValueId head(ValueId x) {
    const ValueId normed = norm("norm", x, "model.norm.weight");
    if (!c_.tied_head) return linear("logits", normed, "lm_head.weight", c_.vocabulary);
    return b_.op("logits", "Linear", {normed, embedding_});
  }

  ValueId norm(std::string name, ValueId x, std::string weight) {
    const ValueId scale = b_.parameter(std::move(weight), {c_.hidden}, {.mean = 1, .std = 0.1});
    return b_.op(std::move(name), "RMSNormalization", {x, scale},
                 {{"axis", -1}, {"epsilon", c_.norm_epsilon}});
  }

  ValueId linear(std::string name, ValueId x, std::string weight, int64_t outputs, double scale = 1) {
    const Shape shape = b_.shape(x);
    const int64_t inputs = shape.empty() ? 1 : shape.back();  // empty after an error, which finish() tells
    return b_.op(std::move(name), "Linear",
                 {x, b_.parameter(std::move(weight), {outputs, inputs}, noise(inputs, scale))});
  }

  ValueId rotated(std::string name, ValueId x, int64_t heads) {
    return b_.op(std::move(name), "RotaryEmbedding", {x, cos_, sin_},
                 {{"num_heads", heads}, {"interleaved", 0}});
  }

  // [batch, length, heads * size] -> [batch, heads, length, size].
  ValueId split_heads(const std::string& name, ValueId x) {
    const ValueId shape =
        b_.constant("heads.shape", Tensor::of<int64_t>({4}, {batch_, length_, c_.kv_heads, c_.head_size}));
    const ValueId split = b_.op(name + ".split", "Reshape", {x, shape});
    return b_.op(name, "Transpose", {split}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
  }

  ValueId last_row(std::string name, ValueId x) {
    const auto number = [&](const char* constant, int64_t value) {
      return b_.constant(constant, Tensor::of<int64_t>({1}, {value}));
    };
    return b_.op(std::move(name), "Slice",
                 {x, number("last.start", length_ - 1), number("last.end", length_), number("last.axis", 1)});
  }

  // Weights that keep the variance of what they map.
  static Init noise(int64_t fan_in, double scale = 1) {
    return {.mean = 0, .std = scale / std::sqrt(static_cast<double>(fan_in))};
  }
  // Two branches a layer are added up: their sum keeps the variance of one.
  [[nodiscard]] double branch_scale() const { return 1 / std::sqrt(2.0 * static_cast<double>(c_.layers)); }

  const LlamaConfig& c_;
  int64_t length_;
  int64_t batch_;
  int64_t past_ = 0;  // positions that are given as states
  bool last_row_ = false;
  Builder b_;
  ValueId ids_ = kAbsent, cos_ = kAbsent, sin_ = kAbsent, embedding_ = kAbsent;
  std::vector<Cache> caches_;
};

}  // namespace

// In long double, so that rounding to float32 gives the same bits whatever the last bit of a math library is.
Tensor rope_table(const LlamaConfig& config, RopePart part, int64_t first, int64_t count, int64_t batch) {
  const int64_t pairs = config.head_size / 2;
  Tensor table(DType::f32, {batch, count, pairs});
  const auto values = table.mutable_data<float>();
  for (int64_t row = 0; row < count; ++row) {
    for (int64_t i = 0; i < pairs; ++i) {
      const long double exponent =
          -2.0L * static_cast<long double>(i) / static_cast<long double>(config.head_size);
      const long double frequency = std::pow(static_cast<long double>(config.rope_theta), exponent);
      const long double exact = static_cast<long double>(first + row) * frequency;
      const float rounded = static_cast<float>(first + row) * static_cast<float>(frequency);
      const long double angle = config.float32_angles ? static_cast<long double>(rounded) : exact;
      const long double value = part == RopePart::cosine ? std::cos(angle) : std::sin(angle);
      values[static_cast<size_t>(row * pairs + i)] = static_cast<float>(value);
    }
  }
  const auto first_sequence = values.first(static_cast<size_t>(count * pairs));
  for (int64_t b = 1; b < batch; ++b)
    std::ranges::copy(first_sequence, values.subspan(static_cast<size_t>(b * count * pairs)).begin());
  return table;
}

Result<Graph> llama_prefill(const LlamaConfig& config, std::string name, int64_t length, int64_t batch) {
  return Llama(config, std::move(name), 0, length, batch).prefill();
}

Result<Graph> llama_loss(const LlamaConfig& config, std::string name, int64_t length, int64_t batch) {
  return Llama(config, std::move(name), 0, length, batch).loss();
}

Result<Graph> llama_decode(const LlamaConfig& config, std::string name, int64_t past, int64_t batch) {
  return Llama(config, std::move(name), past, 1, batch).decode(past);
}

Result<Graph> llama_cache(const LlamaConfig& config, std::string name, int64_t length, int64_t batch) {
  return Llama(config, std::move(name), 0, length, batch).cache();
}

Result<Graph> llama_last_row(const LlamaConfig& config, std::string name, int64_t length, int64_t batch) {
  return Llama(config, std::move(name), 0, length, batch).last_row_graph();
}

}  // namespace assay::models
