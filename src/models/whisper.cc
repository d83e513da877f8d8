#include "models/whisper.h"

#include <numeric>

#include "models/layers.h"

namespace assay::models {
namespace {

using graph::Attributes;
using graph::DType;
using graph::Graph;
using graph::kAbsent;
using graph::Tensor;

constexpr double kLayerNormEpsilon = 1e-5;

// Keys and values of one attention, [batch, rows, width].
struct Cache {
  ValueId key = kAbsent;
  ValueId value = kAbsent;
};

// Emits one graph: the encoder unless its results are given, and the extent's tokens; where `past` is not 0,
// one token after so many.
class Whisper {
 public:
  Whisper(const WhisperConfig& config, std::string name, const WhisperExtent& extent, int64_t past = 0)
      : c_(config), x_(extent), first_(past), length_(past > 0 ? 1 : extent.length), b_(std::move(name)) {}

  Result<Graph> logits_graph() {
    b_.output(head(decoder(encoder())));
    return std::move(b_).finish();
  }

  Result<Graph> loss_graph() {
    const ValueId scores =
        b_.reshape("scores", head(decoder(encoder())), {x_.batch * length_, c_.vocabulary});
    b_.output(b_.cross_entropy(scores, b_.input("labels", DType::i64, {x_.batch * length_})));
    return std::move(b_).finish();
  }

  Result<Graph> decode_graph() {
    b_.output(head(decoder(kAbsent)));
    for (const Cache& cache : own_) {
      b_.output(cache.key);
      b_.output(cache.value);
    }
    return std::move(b_).finish();
  }

  // All keys and values, by head.
  Result<Graph> cache_graph() {
    suffix_ = ".joined";
    decoder(encoder());
    for (int64_t i = 0; i < c_.decoder_layers; ++i) {
      const auto at = static_cast<size_t>(i);
      b_.output(b_.split_heads(layer(i, "past_key"), own_[at].key, c_.heads));
      b_.output(b_.split_heads(layer(i, "past_value"), own_[at].value, c_.heads));
      b_.output(b_.split_heads(layer(i, "cross_key"), cross_[at].key, c_.heads));
      b_.output(b_.split_heads(layer(i, "cross_value"), cross_[at].value, c_.heads));
    }
    return std::move(b_).finish();
  }

  Result<Graph> last_row_graph() {
    suffix_ = ".joined";
    const ValueId x = decoder(encoder());
    b_.output(head(last_row("last", x)));
    for (int64_t i = 0; i < c_.decoder_layers; ++i) {
      b_.output(last_row(layer(i, "key"), own_[static_cast<size_t>(i)].key));
      b_.output(last_row(layer(i, "value"), own_[static_cast<size_t>(i)].value));
    }
    return std::move(b_).finish();
  }

 private:
  static std::string layer(int64_t i, std::string_view part) { return fmt::format("layers.{}.{}", i, part); }

  ValueId last_row(std::string name, ValueId x) { return b_.rows(std::move(name), x, length_ - 1, length_); }

  ValueId encoder() {
    const ValueId mel = b_.input("input_features", DType::f32, {x_.batch, c_.mel_bins, x_.frames});
    ValueId x = convolved("encoder.conv1", mel, 1);
    x = convolved("encoder.conv2", x, 2);
    x = b_.transpose("encoder.frames", x, {0, 2, 1});
    // Sinusoids, which the checkpoint keeps as a weight that does not train.
    ValueId positions = b_.parameter("model.encoder.embed_positions.weight", {c_.frames / 2, c_.width},
                                     {.mean = 0, .std = 0.7}, false);
    if (x_.frames < c_.frames) positions = b_.rows("encoder.positions", positions, 0, x_.encoded(), 0);
    x = b_.add("encoder.placed", x, positions);
    for (int64_t i = 0; i < c_.encoder_layers; ++i) x = encoder_layer(i, x);
    return b_.layer_norm("encoder.norm", x, "model.encoder.layer_norm", kLayerNormEpsilon);
  }

  ValueId convolved(const std::string& name, ValueId x, int64_t stride) {
    const ValueId y = b_.conv(name, x, "model." + name, c_.width, {.kernel = 3, .stride = stride});
    return gelu(name + ".gelu", y);
  }

  ValueId encoder_layer(int64_t i, ValueId x) {
    const std::string name = "encoder." + layer(i, ""), weights = "model." + name;
    const double scale = Layers::branch_scale(2 * c_.encoder_layers);
    const ValueId normed =
        b_.layer_norm(name + "self_attn_norm", x, weights + "self_attn_layer_norm", kLayerNormEpsilon);
    const ValueId query = projected(name + "query", normed, weights + "self_attn.q_proj");
    const Cache own = keys_and_values(name, normed, weights + "self_attn", "");
    const ValueId mixed = attention(name + "attention", {query, own.key, own.value}, 0);
    const ValueId branch = projected(name + "attention_output", mixed, weights + "self_attn.out_proj", scale);
    return feed_forward(name, b_.add(name + "attention_residual", x, branch), weights, scale);
  }

  ValueId feed_forward(const std::string& name, ValueId x, const std::string& weights, double scale) {
    const ValueId normed =
        b_.layer_norm(name + "final_norm", x, weights + "final_layer_norm", kLayerNormEpsilon);
    const ValueId wide = b_.linear(name + "fc1", normed, weights + "fc1", c_.feed_forward);
    const ValueId branch =
        b_.linear(name + "fc2", gelu(name + "gelu", wide), weights + "fc2", c_.width, {.scale = scale});
    return b_.add(name + "residual", x, branch);
  }

  // `encoded` is absent where the cross keys and values are given.
  ValueId decoder(ValueId encoded) {
    std::vector<int64_t> places(static_cast<size_t>(length_));
    std::iota(places.begin(), places.end(), first_);
    const ValueId ids = b_.input("input_ids", DType::i64, {x_.batch, length_});
    embedding_ = b_.table("model.decoder.embed_tokens", c_.vocabulary, c_.width);
    const ValueId positions = b_.constant("positions", Tensor::of<int64_t>({1, length_}, places));
    ValueId x = b_.add("placed", b_.embedding("embedding", ids, embedding_),
                       b_.embedding("position_embedding", positions,
                                    b_.table("model.decoder.embed_positions", c_.positions, c_.width)));
    for (int64_t i = 0; i < c_.decoder_layers; ++i) x = decoder_layer(i, x, encoded);
    return b_.layer_norm("norm", x, "model.decoder.layer_norm", kLayerNormEpsilon);
  }

  ValueId decoder_layer(int64_t i, ValueId x, ValueId encoded) {
    const std::string name = layer(i, ""), weights = "model.decoder." + name;
    const double scale = Layers::branch_scale(3 * c_.decoder_layers);
    x = self_attention(i, x, weights, scale);
    const ValueId normed =
        b_.layer_norm(name + "encoder_attn_norm", x, weights + "encoder_attn_layer_norm", kLayerNormEpsilon);
    const ValueId query = projected(name + "cross_query", normed, weights + "encoder_attn.q_proj");
    const ValueId mixed =
        encoded == kAbsent ? given_cross_attention(i, query) : cross_attention(i, query, encoded, weights);
    const ValueId branch =
        projected(name + "cross_attention_output", mixed, weights + "encoder_attn.out_proj", scale);
    return feed_forward(name, b_.add(name + "cross_attention_residual", x, branch), weights, scale);
  }

  ValueId self_attention(int64_t i, ValueId x, const std::string& weights, double scale) {
    const std::string name = layer(i, "");
    const ValueId normed =
        b_.layer_norm(name + "self_attn_norm", x, weights + "self_attn_layer_norm", kLayerNormEpsilon);
    const ValueId query = projected(name + "query", normed, weights + "self_attn.q_proj");
    own_.push_back(keys_and_values(name, normed, weights + "self_attn", suffix_));
    std::vector<ValueId> inputs = {query, own_.back().key, own_.back().value};
    if (first_ > 0) {
      inputs.push_back(kAbsent);  // no mask
      inputs.push_back(state(name + "past_key", first_));
      inputs.push_back(state(name + "past_value", first_));
    }
    // A single new token sees all keys: nothing to mask.
    const ValueId mixed = attention(name + "attention", std::move(inputs), first_ > 0 ? 0 : 1);
    const ValueId branch = projected(name + "attention_output", mixed, weights + "self_attn.out_proj", scale);
    return b_.add(name + "attention_residual", x, branch);
  }

  ValueId cross_attention(int64_t i, ValueId query, ValueId encoded, const std::string& weights) {
    cross_.push_back(keys_and_values(layer(i, "cross_"), encoded, weights + "encoder_attn", suffix_));
    return attention(layer(i, "cross_attention"), {query, cross_.back().key, cross_.back().value}, 0);
  }

  // The given keys and values lie head by head, so the one query does too.
  ValueId given_cross_attention(int64_t i, ValueId query) {
    const std::string name = layer(i, "cross_");
    const ValueId split =
        b_.reshape(name + "query.split", query, {x_.batch, c_.heads, 1, c_.width / c_.heads});
    const ValueId mixed =
        b_.op(name + "attention", "Attention",
              {split, state(name + "key", x_.encoded()), state(name + "value", x_.encoded())});
    return b_.reshape(name + "attention.joined", mixed, {x_.batch, 1, c_.width});
  }

  ValueId state(std::string name, int64_t rows) {
    return b_.state(std::move(name), DType::f32, {x_.batch, c_.heads, rows, c_.width / c_.heads});
  }

  Cache keys_and_values(const std::string& name, ValueId x, const std::string& weights,
                        const std::string& suffix) {
    return {b_.linear(name + "key" + suffix, x, weights + ".k_proj", c_.width, {.bias = false}),
            b_.linear(name + "value" + suffix, x, weights + ".v_proj", c_.width)};
  }

  ValueId attention(std::string name, std::vector<ValueId> inputs, int64_t causal) {
    return b_.op(std::move(name), "Attention", std::move(inputs),
                 {{"is_causal", causal}, {"q_num_heads", c_.heads}, {"kv_num_heads", c_.heads}});
  }

  ValueId projected(std::string name, ValueId x, const std::string& prefix, double scale = 1) {
    return b_.linear(std::move(name), x, prefix, c_.width, {.scale = scale});
  }

  ValueId gelu(std::string name, ValueId x) {
    return b_.op(std::move(name), "Gelu", {x}, {{"approximate", "none"}});
  }

  ValueId head(ValueId x) { return b_.op("logits", "Linear", {x, embedding_}); }

  const WhisperConfig& c_;
  const WhisperExtent x_;
  int64_t first_;
  int64_t length_;
  std::string suffix_;  // of whole sequences of keys and values, where the plain names belong to the outputs
  Layers b_;
  ValueId embedding_ = kAbsent;
  std::vector<Cache> own_, cross_;
};

}  // namespace

Result<Graph> whisper_logits(const WhisperConfig& config, std::string name, const WhisperExtent& extent) {
  return Whisper(config, std::move(name), extent).logits_graph();
}

Result<Graph> whisper_loss(const WhisperConfig& config, std::string name, const WhisperExtent& extent) {
  return Whisper(config, std::move(name), extent).loss_graph();
}

Result<Graph> whisper_decode(const WhisperConfig& config, std::string name, const WhisperExtent& extent) {
  return Whisper(config, std::move(name), extent, extent.length).decode_graph();
}

Result<Graph> whisper_cache(const WhisperConfig& config, std::string name, const WhisperExtent& extent) {
  return Whisper(config, std::move(name), extent).cache_graph();
}

Result<Graph> whisper_last_row(const WhisperConfig& config, std::string name, const WhisperExtent& extent) {
  return Whisper(config, std::move(name), extent).last_row_graph();
}

}  // namespace assay::models
