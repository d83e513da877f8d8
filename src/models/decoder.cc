#include "models/decoder.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/decoder_positions.h"
#include "models/layers.h"

namespace assay::models {
namespace {

using graph::Attributes;
using graph::DType;
using graph::Graph;
using graph::kAbsent;
using graph::Tensor;

// Emits one graph: the new tokens of `span`; with `room`, one token of each sequence, wherever it lies,
// behind a past that has room for so many.
class Decoder {
 public:
  Decoder(const DecoderConfig& config, std::string name, const Span& span, std::optional<int64_t> room = {})
      : c_(config),
        span_(span),
        room_(room),
        b_(std::move(name)),
        ids_(b_.input("input_ids", DType::i64, {span.batch, span.count})),
        positions_(b_, config, span, room) {}

  Result<Graph> prefill() {
    b_.output(head(body()));
    return std::move(b_).finish();
  }

  Result<Graph> loss() {
    const int64_t rows = span_.batch * span_.count;
    const ValueId labels = b_.input("labels", DType::i64, {rows});
    const ValueId shape = b_.constant("scores.shape", Tensor::of<int64_t>({2}, {rows, c_.vocabulary}));
    const ValueId scores = b_.op("scores", "Reshape", {head(body()), shape});
    b_.output(b_.cross_entropy(scores, labels));
    return std::move(b_).finish();
  }

  Result<Graph> decode() { return with_caches(0); }

  // The logits of the last rows alone, and all new keys and values; of all rows where that is 0.
  Result<Graph> with_caches(int64_t rows) {
    const ValueId x = body();
    b_.output(head(rows == 0 ? x : last(rows, "last", x)));
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
      const ValueId normed = before_attention(i, x);
      const bool last = i + 1 == c_.layers;
      split_projection(i, normed);
      const ValueId query = last ? kAbsent : queries(i, normed);
      const Cache made = keys_and_values(i, normed);
      if (kept_past(c_.kind(i), span_.count) > 0) {
        b_.output(state_of(i, "past_key", made.key));
        b_.output(state_of(i, "past_value", made.value));
      }
      if (!last) x = feed_forward(i, attention(i, x, query, made));
    }
    return std::move(b_).finish();
  }

  Result<Graph> last_logits(int64_t rows) {
    b_.output(head(last(rows, "last", body())));
    return std::move(b_).finish();
  }

  Result<Graph> last_rows(int64_t rows) {
    rows_ = rows;
    const ValueId x = body();
    b_.output(head(last(rows, "last", x)));
    for (size_t i = 0; i < caches_.size(); ++i) {
      b_.output(last(rows, layer(static_cast<int64_t>(i), "key"), caches_[i].key));
      b_.output(last(rows, layer(static_cast<int64_t>(i), "value"), caches_[i].value));
    }
    return std::move(b_).finish();
  }

 private:
  // Keys (as attention takes them) and values of this graph's tokens, [batch, count, kv_heads * head_size].
  struct Cache {
    ValueId key;
    ValueId value;
  };

  static std::string layer(int64_t i, std::string_view part) { return fmt::format("layers.{}.{}", i, part); }
  static std::string weight(int64_t i, std::string_view part) {
    return fmt::format("model.layers.{}.{}", i, part);
  }
  // The whole sequence's keys, where the name of the last rows' is taken by the output.
  [[nodiscard]] std::string cache_name(int64_t i, std::string_view part) const {
    return layer(i, part) + (rows_ > 0 ? ".sequence" : "");
  }

  ValueId number(std::string name, double value) {
    return b_.constant(std::move(name), Tensor::of<float>({}, {static_cast<float>(value)}));
  }
  ValueId scaled(std::string name, ValueId x, std::string_view factor, double value) {
    if (value == 1) return x;
    return b_.op(std::move(name), "Mul", {x, number(std::string(factor), value)});
  }

  ValueId embedding() {
    embedding_ = b_.table("model.embed_tokens", c_.vocabulary, c_.hidden);
    return scaled("embedding.scaled", b_.embedding("embedding", ids_, embedding_), "embedding.scale",
                  c_.embedding_scale);
  }

  // All layers; the caches stay in caches_.
  ValueId body() {
    ValueId x = embedding();
    for (int64_t i = 0; i < c_.layers; ++i) {
      const ValueId normed = before_attention(i, x);
      split_projection(i, normed);
      const ValueId query = queries(i, normed);
      caches_.push_back(keys_and_values(i, normed));
      x = feed_forward(i, attention(i, x, query, caches_.back()));
    }
    return x;
  }

  ValueId before_attention(int64_t i, ValueId x) {
    if (c_.branch_norms == BranchNorms::after) return x;
    return norm(layer(i, "input_norm"), x, weight(i, "input_layernorm"));
  }
  ValueId before_feed_forward(int64_t i, ValueId x) {
    if (c_.branch_norms == BranchNorms::after) return x;
    const bool both = c_.branch_norms == BranchNorms::both;
    return both ? norm(layer(i, "pre_feedforward_norm"), x, weight(i, "pre_feedforward_layernorm"))
                : norm(layer(i, "post_attention_norm"), x, weight(i, "post_attention_layernorm"));
  }
  // What a branch adds to x; `after` is its norm, `sum` the node's name.
  ValueId joined(int64_t i, ValueId x, ValueId branch, const std::string& after, const std::string& sum) {
    if (c_.branch_norms != BranchNorms::before)
      branch = norm(layer(i, after + "_norm"), branch, weight(i, after + "_layernorm"));
    branch = scaled(layer(i, sum + ".scaled"), branch, "residual.scale", c_.residual_scale);
    return b_.op(layer(i, sum), "Add", {x, branch});
  }

  // Where the three are one matrix: its output in parts.
  void split_projection(int64_t i, ValueId normed) {
    if (!c_.fused) return;
    const int64_t query = c_.query_heads * c_.head_size, key = c_.kv_heads * c_.head_size;
    const ValueId all =
        linear(layer(i, "qkv_proj"), normed, weight(i, "self_attn.qkv_proj"), query + 2 * key, c_.qkv_bias);
    const ValueId sizes = b_.constant("qkv.sizes", Tensor::of<int64_t>({3}, {query, key, key}));
    qkv_ = b_.ops(layer(i, "qkv"), "Split", {all, sizes}, {{"axis", -1}},
                  {layer(i, "q_proj"), layer(i, "k_proj"), cache_name(i, "value")});
    if (qkv_.empty()) qkv_.assign(3, kAbsent);  // after an error, which finish() tells
  }

  // Before keys and values: the three weights then lie one after the other in the weights file, and a runtime
  // that wants them as one matrix has it without a copy.
  ValueId queries(int64_t i, ValueId normed) {
    const ValueId projected =
        c_.fused ? qkv_[0]
                 : linear(raw_name(i, "q_proj", layer(i, "query")), normed, weight(i, "self_attn.q_proj"),
                          c_.query_heads * c_.head_size, c_.qkv_bias);
    return positioned(i, "q_norm", layer(i, "query"), projected, c_.query_heads);
  }

  Cache keys_and_values(int64_t i, ValueId normed) {
    const int64_t columns = c_.kv_heads * c_.head_size;
    ValueId key = kAbsent, value = kAbsent;
    if (c_.fused) {
      key = qkv_[1];
      value = qkv_[2];
    } else {
      key = linear(raw_name(i, "k_proj", cache_name(i, "key")), normed, weight(i, "self_attn.k_proj"),
                   columns, c_.qkv_bias);
      value = linear(cache_name(i, "value"), normed, weight(i, "self_attn.v_proj"), columns, c_.qkv_bias);
    }
    return {positioned(i, "k_norm", cache_name(i, "key"), key, c_.kv_heads), value};
  }

  // The name of a projection: `name`, that of what becomes of it, where nothing more is done to it.
  [[nodiscard]] std::string raw_name(int64_t i, std::string_view raw, const std::string& name) const {
    return c_.head_norms == HeadNorms::none && c_.kind(i).rope < 0 ? name : layer(i, raw);
  }

  // Queries or keys, normed and rotated as the layer has it.
  ValueId positioned(int64_t i, const char* norm_part, const std::string& name, ValueId x, int64_t heads) {
    const int rope = c_.kind(i).rope;
    x = head_norm(rope < 0 ? name : layer(i, norm_part), x, weight(i, fmt::format("self_attn.{}", norm_part)),
                  heads);
    if (rope < 0) return x;
    const auto& table = positions_.tables(rope);
    Attributes attributes = {{"num_heads", heads}, {"interleaved", 0}};
    if (const int64_t turned = c_.ropes[static_cast<size_t>(rope)].size; turned != c_.head_size)
      attributes["rotary_embedding_dim"] = turned;
    return b_.op(name, "RotaryEmbedding", {x, table.cos, table.sin}, std::move(attributes));
  }

  ValueId head_norm(const std::string& name, ValueId x, const std::string& prefix, int64_t heads) {
    if (c_.head_norms == HeadNorms::none) return x;
    if (c_.head_norms == HeadNorms::whole_width) return norm(name, x, prefix);
    const ValueId split = b_.reshape(name + ".heads", x, {span_.batch, span_.count, heads, c_.head_size});
    const ValueId normed = norm(name + ".normed", split, prefix);
    return b_.reshape(name, normed, {span_.batch, span_.count, heads * c_.head_size});
  }

  ValueId attention(int64_t i, ValueId x, ValueId query, const Cache& cache) {
    const DecoderLayer kind = c_.kind(i);
    const int64_t kept = room_ ? *room_ : kept_past(kind, span_.first);
    std::vector<ValueId> inputs = {query, cache.key, cache.value};
    // A single new token sees all that is kept, and of more each sees those before it.
    const bool masked = room_ || (kind.window > 0 && kept + span_.count > kind.window);
    if (masked || kept > 0) inputs.push_back(masked ? positions_.mask(kind.window, kept) : kAbsent);
    if (kept > 0) {
      const Shape shape = {span_.batch, c_.kv_heads, kept, c_.head_size};
      inputs.push_back(b_.state(layer(i, "past_key"), DType::f32, shape));
      inputs.push_back(b_.state(layer(i, "past_value"), DType::f32, shape));
    }
    const bool causal = !masked && (span_.first == 0 || span_.count > 1);
    const ValueId mixed =
        b_.op(layer(i, "attention"), "Attention", std::move(inputs), attention_attributes(causal));
    const ValueId branch = linear(layer(i, "o_proj"), mixed, weight(i, "self_attn.o_proj"), c_.hidden,
                                  c_.output_bias, branch_scale());
    return joined(i, x, branch, "post_attention", "attention_residual");
  }

  [[nodiscard]] Attributes attention_attributes(bool causal) const {
    Attributes result = {
        {"is_causal", causal ? 1 : 0}, {"q_num_heads", c_.query_heads}, {"kv_num_heads", c_.kv_heads}};
    if (c_.attention_scale != 0) result["scale"] = c_.attention_scale;
    if (c_.attention_softcap != 0) result["softcap"] = c_.attention_softcap;
    return result;
  }

  ValueId feed_forward(int64_t i, ValueId x) {
    const auto [gate, up] = gate_and_up(i, before_feed_forward(i, x));
    const ValueId active = activated(b_, fmt::format("layers.{}", i), gate, c_.activation);
    const ValueId gated = b_.op(layer(i, "gated"), "Mul", {active, up});
    const ValueId branch = linear(layer(i, "down_proj"), gated, weight(i, "mlp.down_proj"), c_.hidden,
                                  c_.feed_forward_bias, branch_scale());
    return joined(i, x, branch, "post_feedforward", "mlp_residual");
  }

  std::pair<ValueId, ValueId> gate_and_up(int64_t i, ValueId normed) {
    const int64_t columns = c_.feed_forward;
    const bool bias = c_.feed_forward_bias;
    if (!c_.fused) {
      const ValueId gate = linear(layer(i, "gate_proj"), normed, weight(i, "mlp.gate_proj"), columns, bias);
      return {gate, linear(layer(i, "up_proj"), normed, weight(i, "mlp.up_proj"), columns, bias)};
    }
    const ValueId all =
        linear(layer(i, "gate_up_proj"), normed, weight(i, "mlp.gate_up_proj"), 2 * columns, bias);
    const ValueId sizes = b_.constant("gate_up.sizes", Tensor::of<int64_t>({2}, {columns, columns}));
    const auto parts = b_.ops(layer(i, "gate_up"), "Split", {all, sizes}, {{"axis", -1}},
                              {layer(i, "gate_proj"), layer(i, "up_proj")});
    return parts.empty() ? std::pair{kAbsent, kAbsent} : std::pair{parts[0], parts[1]};
  }

  // Logits of the rows of x.
  ValueId head(ValueId x) {
    const bool divided = c_.logits_divisor != 1, capped = c_.logits_softcap != 0;
    const std::string name = divided || capped ? "logits.plain" : "logits";
    const ValueId normed = norm("norm", x, "model.norm");
    ValueId logits = c_.tied_head ? b_.op(name, "Linear", {normed, embedding_})
                                  : linear(name, normed, "lm_head", c_.vocabulary, false);
    if (divided)
      logits = b_.op(capped ? "logits.divided" : "logits", "Div",
                     {logits, number("logits.divisor", c_.logits_divisor)});
    return capped ? soft_capped(logits) : logits;
  }

  ValueId soft_capped(ValueId logits) {
    const ValueId cap = number("logits.cap", c_.logits_softcap);
    const ValueId bent = b_.op("logits.bent", "Tanh", {b_.op("logits.share", "Div", {logits, cap})});
    return b_.op("logits", "Mul", {bent, cap});
  }

  ValueId norm(const std::string& name, ValueId x, const std::string& prefix) {
    if (!c_.norm_plus_one) return b_.rms_norm(name, x, prefix, c_.norm_epsilon);
    const Shape shape = b_.shape(x);
    const ValueId weight =
        b_.parameter(prefix + ".weight", {shape.empty() ? 1 : shape.back()}, {.mean = 0, .std = 0.1});
    const ValueId scale = b_.op(name + ".scale", "Add", {weight, number("one", 1)});
    return b_.op(name, "RMSNormalization", {x, scale}, {{"axis", -1}, {"epsilon", c_.norm_epsilon}});
  }

  ValueId linear(std::string name, ValueId x, const std::string& prefix, int64_t outputs, bool bias,
                 double scale = 1) {
    return b_.linear(std::move(name), x, prefix, outputs, {.bias = bias, .scale = scale});
  }

  // Those that a layer keeps of [batch, count, kv_heads * head_size], as [batch, kv_heads, kept, head_size].
  ValueId state_of(int64_t i, std::string_view part, ValueId x) {
    const int64_t kept = kept_past(c_.kind(i), span_.count);
    const std::string name = layer(i, part);
    if (kept < span_.count) x = last(kept, name + ".kept", x);
    const ValueId split = b_.reshape(name + ".split", x, {span_.batch, kept, c_.kv_heads, c_.head_size});
    return b_.transpose(name, split, {0, 2, 1, 3});
  }

  ValueId last(int64_t rows, std::string name, ValueId x) {
    return b_.rows(std::move(name), x, span_.count - rows, span_.count);
  }

  // Two branches a layer are added up: their sum keeps the variance of one.
  [[nodiscard]] double branch_scale() const { return Layers::branch_scale(2 * c_.layers); }

  const DecoderConfig& c_;
  Span span_;
  std::optional<int64_t> room_;
  int64_t rows_ = 0;  // whose caches are outputs, where these are not all
  Layers b_;
  ValueId ids_, embedding_ = kAbsent;
  DecoderPositions positions_;
  std::vector<ValueId> qkv_;
  std::vector<Cache> caches_;
};

Span prefix(const DecoderTokens& tokens, int64_t count) {
  return {.batch = tokens.batch, .first = 0, .count = count, .total = tokens.total()};
}

}  // namespace

int64_t kept_past(const DecoderLayer& kind, int64_t past) {
  return kind.window == 0 ? past : std::min(past, kind.window - 1);
}

Result<Graph> decoder_prefill(const DecoderConfig& config, std::string name, const DecoderTokens& tokens) {
  ASSAY_CHECK(tokens.past == 0);
  return Decoder(config, std::move(name), prefix(tokens, tokens.count)).prefill();
}

Result<Graph> decoder_loss(const DecoderConfig& config, std::string name, const DecoderTokens& tokens) {
  ASSAY_CHECK(tokens.past == 0);
  return Decoder(config, std::move(name), prefix(tokens, tokens.count)).loss();
}

Result<Graph> decoder_decode(const DecoderConfig& config, std::string name, const DecoderTokens& tokens) {
  const Span span{
      .batch = tokens.batch, .first = tokens.past, .count = tokens.count, .total = tokens.total()};
  return Decoder(config, std::move(name), span).decode();
}

Result<Graph> decoder_cache(const DecoderConfig& config, std::string name, const DecoderTokens& tokens) {
  return Decoder(config, std::move(name), prefix(tokens, tokens.past)).cache();
}

Result<Graph> decoder_last_rows(const DecoderConfig& config, std::string name, const DecoderTokens& tokens) {
  return Decoder(config, std::move(name), prefix(tokens, tokens.total())).last_rows(tokens.count);
}

Result<Graph> decoder_request(const DecoderConfig& config, std::string name, const DecoderTokens& tokens) {
  ASSAY_CHECK(tokens.count > 1);
  return Decoder(config, std::move(name), prefix(tokens, tokens.total() - 1)).last_logits(tokens.count);
}

Result<Graph> decoder_request_prefill(const DecoderConfig& config, std::string name,
                                      const DecoderTokens& tokens) {
  Span span = prefix(tokens, tokens.past);
  span.total = tokens.total() - 1;
  return Decoder(config, std::move(name), span).with_caches(1);
}

Result<Graph> decoder_request_decode(const DecoderConfig& config, std::string name,
                                     const DecoderTokens& tokens) {
  const int64_t total = tokens.total() - 1;
  const Span span{.batch = tokens.batch, .first = total - 1, .count = 1, .total = total};
  return Decoder(config, std::move(name), span, total - 1).decode();
}

}  // namespace assay::models
