#include "models/vla.h"

#include <cmath>
#include <numbers>

#include "models/layers.h"
#include "models/rope.h"

namespace assay::models {
namespace {

using graph::DType;
using graph::Graph;
using graph::kAbsent;
using graph::Tensor;

constexpr double kRmsNormEpsilon = 1e-5;
constexpr double kRopeTheta = 10000;
constexpr long double kShortestPeriod = 4e-3L, kLongestPeriod = 4.0L;  // of the embedding of the time
const std::string kModel = "model.";
const std::string kExpert = "model.vlm_with_expert.lm_expert.";

std::string layer(int64_t i, std::string_view part) { return fmt::format("layers.{}.{}", i, part); }

// Radians per unit of time, float32, geometric in their periods. In long double, so that rounding gives the
// same bits whatever the last bit of a math library is.
Tensor flow_time_frequencies(int64_t count) {
  Tensor table(DType::f32, {1, count});
  const auto values = table.mutable_data<float>();
  for (int64_t i = 0; i < count; ++i) {
    const long double fraction = static_cast<long double>(i) / static_cast<long double>(count - 1);
    const long double period = kShortestPeriod * std::pow(kLongestPeriod / kShortestPeriod, fraction);
    values[static_cast<size_t>(i)] = static_cast<float>(2 * std::numbers::pi_v<long double> / period);
  }
  return table;
}

// The shape of a layer's given keys and values.
Shape prefix_shape(const VlaConfig& c, int64_t batch, int64_t i) {
  if (i % 2 == 0) return {batch, c.kv_heads, c.prefix, c.head_size};
  return {batch, c.prefix, c.kv_heads * c.head_size};
}

class Vla {
 public:
  Vla(const VlaConfig& config, std::string name, int64_t chunk, int64_t batch)
      : c_(config), chunk_(chunk), batch_(batch), b_(std::move(name)) {}

  Result<Graph> step() {
    b_.output(velocity());
    return std::move(b_).finish();
  }

  Result<Graph> loss() {
    const ValueId prediction = velocity();
    b_.output(b_.mean_square(prediction, b_.input("target", DType::f32, {batch_, chunk_, c_.actions})));
    return std::move(b_).finish();
  }

 private:
  struct Rotation {
    ValueId cos = kAbsent;
    ValueId sin = kAbsent;
  };

  ValueId velocity() {
    own_ = rotation("rope.own", c_.prefix);
    cross_ = rotation("rope.cross", 0);
    ValueId x = entry();
    for (int64_t i = 0; i < c_.layers; ++i) x = feed_forward(i, attention(i, x));
    return b_.linear("velocity", b_.rms_norm("norm", x, kExpert + "norm", kRmsNormEpsilon),
                     kModel + "action_out_proj", c_.actions);
  }

  // The tables of rotary positions first, first + 1, ...
  Rotation rotation(const std::string& name, int64_t first) {
    const Rope rope{.size = c_.head_size, .theta = kRopeTheta};
    const Span span{.batch = batch_, .first = first, .count = chunk_, .total = first + chunk_};
    return {b_.constant(name + ".cos", rope_table(rope, RopePart::cosine, span, c_.float32_angles)),
            b_.constant(name + ".sin", rope_table(rope, RopePart::sine, span, c_.float32_angles))};
  }

  // Actions joined with the time, which is the same for all of them.
  ValueId entry() {
    const ValueId actions = b_.input("actions", DType::f32, {batch_, chunk_, c_.actions});
    const ValueId action = b_.linear("action_in", actions, kModel + "action_in_proj", c_.hidden);
    const ValueId joined = b_.op("action_time", "Concat", {action, time()}, {{"axis", 2}});
    const ValueId wide = b_.linear("action_time_in", joined, kModel + "action_time_mlp_in", c_.hidden);
    return b_.linear("action_time_out", b_.op("action_time_swish", "Swish", {wide}),
                     kModel + "action_time_mlp_out", c_.hidden);
  }

  // [batch, chunk, hidden]: sines, then cosines.
  ValueId time() {
    const ValueId frequencies = b_.constant("time.frequencies", flow_time_frequencies(c_.hidden / 2));
    const ValueId angles = b_.op("time.angles", "Mul", {frequencies, b_.input("timestep", DType::f32, {1})});
    const ValueId waves =
        b_.op("time.waves", "Concat",
              {b_.op("time.sin", "Sin", {angles}), b_.op("time.cos", "Cos", {angles})}, {{"axis", 1}});
    const ValueId row = b_.reshape("time.row", waves, {1, 1, c_.hidden});
    const ValueId shape = b_.constant("time.shape", Tensor::of<int64_t>({3}, {batch_, chunk_, c_.hidden}));
    return b_.op("time", "Expand", {row, shape});
  }

  ValueId attention(int64_t i, ValueId x) {
    const std::string weights = kExpert + layer(i, "");
    const ValueId normed =
        b_.rms_norm(layer(i, "input_norm"), x, weights + "input_layernorm", kRmsNormEpsilon);
    const ValueId query = projected(layer(i, "q_proj"), normed, weights + "self_attn.q_proj", c_.query_heads);
    const ValueId mixed = i % 2 == 0 ? joint_attention(i, normed, query, weights + "self_attn.")
                                     : prefix_attention(i, query, weights + "self_attn.");
    const ValueId branch = b_.linear(layer(i, "o_proj"), mixed, weights + "self_attn.o_proj", c_.hidden,
                                     {.bias = false, .scale = branch_scale()});
    return b_.add(layer(i, "attention_residual"), x, branch);
  }

  // Over the prefix, which comes before, and causally over the actions.
  ValueId joint_attention(int64_t i, ValueId normed, ValueId query, const std::string& weights) {
    const ValueId key = projected(layer(i, "k_proj"), normed, weights + "k_proj", c_.kv_heads);
    const ValueId value = projected(layer(i, "v_proj"), normed, weights + "v_proj", c_.kv_heads);
    return attend(i,
                  {rotated(layer(i, "query"), query, c_.query_heads, own_),
                   rotated(layer(i, "key"), key, c_.kv_heads, own_), value, kAbsent, prefix(i, "prefix_key"),
                   prefix(i, "prefix_value")},
                  1);
  }

  // Over keys and values made of the prefix's.
  ValueId prefix_attention(int64_t i, ValueId query, const std::string& weights) {
    const ValueId key =
        projected(layer(i, "k_proj"), prefix(i, "prefix_key"), weights + "k_proj", c_.kv_heads);
    const ValueId value =
        projected(layer(i, "v_proj"), prefix(i, "prefix_value"), weights + "v_proj", c_.kv_heads);
    return attend(i, {rotated(layer(i, "query"), query, c_.query_heads, cross_), key, value}, 0);
  }

  ValueId attend(int64_t i, std::vector<ValueId> inputs, int64_t causal) {
    return b_.op(layer(i, "attention"), "Attention", std::move(inputs),
                 {{"is_causal", causal}, {"q_num_heads", c_.query_heads}, {"kv_num_heads", c_.kv_heads}});
  }

  ValueId feed_forward(int64_t i, ValueId x) {
    const std::string weights = kExpert + layer(i, "");
    const ValueId normed = b_.rms_norm(layer(i, "post_attention_norm"), x,
                                       weights + "post_attention_layernorm", kRmsNormEpsilon);
    const ValueId gate =
        b_.linear(layer(i, "gate_proj"), normed, weights + "mlp.gate_proj", c_.feed_forward, {.bias = false});
    const ValueId up =
        b_.linear(layer(i, "up_proj"), normed, weights + "mlp.up_proj", c_.feed_forward, {.bias = false});
    const ValueId gated = b_.op(layer(i, "gated"), "Mul", {b_.op(layer(i, "swish"), "Swish", {gate}), up});
    const ValueId branch = b_.linear(layer(i, "down_proj"), gated, weights + "mlp.down_proj", c_.hidden,
                                     {.bias = false, .scale = branch_scale()});
    return b_.add(layer(i, "mlp_residual"), x, branch);
  }

  ValueId prefix(int64_t i, std::string_view part) {
    return b_.state(layer(i, part), DType::f32, prefix_shape(c_, batch_, i));
  }

  ValueId projected(std::string name, ValueId x, const std::string& prefix, int64_t heads) {
    return b_.linear(std::move(name), x, prefix, heads * c_.head_size, {.bias = false});
  }

  ValueId rotated(std::string name, ValueId x, int64_t heads, const Rotation& by) {
    return b_.op(std::move(name), "RotaryEmbedding", {x, by.cos, by.sin},
                 {{"num_heads", heads}, {"interleaved", 0}});
  }

  [[nodiscard]] double branch_scale() const { return Layers::branch_scale(2 * c_.layers); }

  const VlaConfig& c_;
  int64_t chunk_;
  int64_t batch_;
  Layers b_;
  Rotation own_, cross_;
};

}  // namespace

Result<Graph> vla_step(const VlaConfig& config, std::string name, int64_t chunk, int64_t batch) {
  return Vla(config, std::move(name), chunk, batch).step();
}

Result<Graph> vla_loss(const VlaConfig& config, std::string name, int64_t chunk, int64_t batch) {
  return Vla(config, std::move(name), chunk, batch).loss();
}

Result<Graph> vla_prefix(const VlaConfig& config, std::string name, int64_t batch) {
  Layers b(std::move(name));
  for (int64_t i = 0; i < config.layers; ++i)
    for (const std::string part : {"key", "value"}) {
      const ValueId given = b.input(layer(i, part), DType::f32, prefix_shape(config, batch, i));
      b.output(b.op(layer(i, "prefix_" + part), "Identity", {given}));
    }
  return std::move(b).finish();
}

}  // namespace assay::models
