// Gradients of attention and of rotary embedding. The probabilities are an output of the forward node:
// whatever masked them, their gradient is that of a softmax. Query heads that share a key head are stacked
// under one another, [batch, kv heads, group * length, size], so that the sums over a group are part of a
// matrix product.
#include "autodiff/rule.h"
#include "graph/attention.h"

namespace assay::autodiff {
namespace {

using graph::AttentionSizes;

constexpr size_t kProbabilities = 3;  // the output qk_matmul_output
constexpr int64_t kAfterSoftmax = 3;  // the mode in which it holds them

class AttentionGradient {
 public:
  AttentionGradient(GradientContext& context, const AttentionSizes& sizes)
      : c_(context), e_(context.emit), s_(sizes), softcap_(context.node.real("softcap", 0)) {}

  void run() {
    if (c_.has_gradient(0)) through_output();
    if (c_.has_gradient(1)) dk_ = plus(dk_, c_.gradient(1));
    if (c_.has_gradient(2)) dv_ = plus(dv_, c_.gradient(2));
    give(1, 4, dk_);
    give(2, 5, dv_);
  }

 private:
  // [batch, length, heads * size] as [batch, heads, length, size], and back.
  ValueId split_heads(ValueId a, int64_t heads) {
    const Shape s = e_.shape(a);
    if (s_.split_heads || s.size() != 3) return a;
    return e_.transpose(e_.reshape(a, {s[0], s[1], heads, s[2] / heads}), {0, 2, 1, 3});
  }

  ValueId join_heads(ValueId a, const Shape& to) {
    return s_.split_heads ? a : e_.reshape(e_.transpose(a, {0, 2, 1, 3}), to);
  }

  // [batch, query heads, length, size] with the heads of a group under one another.
  ValueId stacked(ValueId a, int64_t size) {
    return e_.reshape(a, {s_.batch, s_.kv_heads, s_.q_heads / s_.kv_heads * s_.q_length, size});
  }

  ValueId stacked_heads(ValueId a, int64_t size) { return stacked(split_heads(a, s_.q_heads), size); }

  // Keys or values with those of the past before them, [batch, kv heads, past + length, size].
  ValueId whole(size_t present, size_t past) {
    const ValueId own = split_heads(c_.input(present), s_.kv_heads);
    return s_.past_length == 0 ? own : e_.op("Concat", {c_.input(past), own}, {{"axis", int64_t{2}}});
  }

  ValueId plus(ValueId a, ValueId b) { return a == kAbsent ? b : e_.add(a, b); }

  void through_output() {
    const bool wants_keys = c_.wants(1) || c_.wants(4);
    const bool wants_values = c_.wants(2) || c_.wants(5);
    const ValueId p = stacked(c_.output(kProbabilities), s_.total_length());
    const ValueId g = stacked_heads(c_.gradient(0), s_.v_head_size);
    if (wants_values) dv_ = e_.matmul(e_.transpose_last(p), g);
    if (!c_.wants(0) && !wants_keys) return;
    const ValueId dp = e_.matmul(g, e_.transpose_last(whole(2, 5)));
    ValueId ds = e_.mul(p, e_.sub(dp, output_dot_gradient()));
    if (softcap_ != 0) ds = e_.mul(ds, slope_of_cap());
    if (c_.wants(0)) c_.give(0, query_gradient(ds));
    const ValueId q = stacked_heads(c_.input(0), s_.head_size);
    if (wants_keys) dk_ = e_.scale(e_.matmul(e_.transpose_last(ds), q), s_.scale);
  }

  // Of cap * tanh(scores / cap), from the scores made once more: 1 - tanh^2. Where a mask hides a key, the
  // gradient that this is multiplied with is 0.
  ValueId slope_of_cap() {
    const ValueId q = stacked_heads(c_.input(0), s_.head_size);
    const ValueId scores = e_.matmul(q, e_.transpose_last(whole(1, 4)));
    const ValueId bent = e_.op("Tanh", {e_.scale(scores, s_.scale / softcap_)});
    return e_.plus(e_.neg(e_.square(bent)), 1);
  }

  // The sum over keys of P dP is that over the head's size of Y dY, which is shorter. [batch, kv heads, group
  // * length, 1].
  ValueId output_dot_gradient() {
    const ValueId product = e_.mul(c_.output(0), c_.gradient(0));
    if (s_.split_heads) return stacked(e_.sum(product, {3}, true), 1);
    const ValueId heads = e_.reshape(product, {s_.batch, s_.q_length, s_.q_heads, s_.v_head_size});
    return stacked(e_.transpose(e_.sum(heads, {3}, false), {0, 2, 1}), 1);
  }

  ValueId query_gradient(ValueId ds) {
    const ValueId dq = e_.scale(e_.matmul(ds, whole(1, 4)), s_.scale);
    return join_heads(e_.reshape(dq, {s_.batch, s_.q_heads, s_.q_length, s_.head_size}), c_.shape(0));
  }

  // The gradient of keys or values goes to the input and, before it, to the past.
  void give(size_t present, size_t past, ValueId all) {
    if (all == kAbsent) return;
    if (s_.past_length == 0) return c_.give(present, join_heads(all, c_.shape(present)));
    if (c_.wants(past)) c_.give(past, part(all, 0, s_.past_length));
    if (c_.wants(present))
      c_.give(present, join_heads(part(all, s_.past_length, s_.total_length()), c_.shape(present)));
  }

  ValueId part(ValueId all, int64_t start, int64_t end) {
    return e_.op("Slice", {all, e_.integers({start}), e_.integers({end}), e_.integers({2})});
  }

  GradientContext& c_;
  Emitter& e_;
  const AttentionSizes s_;
  const double softcap_;
  ValueId dk_ = kAbsent;  // [batch, kv heads, past + length, size]
  ValueId dv_ = kAbsent;
};

std::vector<ValueId> attention_forward(GradientContext& c) {
  Attributes attributes = c.node.attributes;
  if (c.node.output(kProbabilities) != kAbsent && c.node.integer("qk_matmul_output_mode", 0) != kAfterSoftmax)
    c.fail("qk_matmul_output is not the probabilities");
  attributes["qk_matmul_output_mode"] = kAfterSoftmax;
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < c.node.inputs.size(); ++i) inputs.push_back(c.input(i));
  return c.emit.ops("Attention", std::move(inputs), std::move(attributes), kProbabilities + 1);
}

void attention(GradientContext& c) {
  if (c.wants(3)) return c.fail("attn_mask cannot be trained");
  if (c.has_gradient(kProbabilities)) return c.fail("qk_matmul_output has no gradient");
  const auto sizes = graph::attention_sizes(c.forward(), c.node);
  if (!sizes) return c.fail(sizes.error().message);
  AttentionGradient(c, *sizes).run();
}

// A rotation's gradient is the rotation back: the sines negated.
void rotary_embedding(GradientContext& c) {
  Emitter& e = c.emit;
  if (c.wants(1) || c.wants(2)) return c.fail("cos_cache and sin_cache cannot be trained");
  std::vector<ValueId> inputs{c.gradient(), c.input(1), e.op("Neg", {c.input(2)})};
  if (c.input(3) != kAbsent) inputs.push_back(c.input(3));
  c.give(0, e.op("RotaryEmbedding", std::move(inputs), c.node.attributes));
}

constexpr Rule kAttentionRules[] = {
    {.op = "Attention", .gradient = attention, .forward = attention_forward},
    {"RotaryEmbedding", rotary_embedding},
};

}  // namespace

std::span<const Rule> attention_rules() { return kAttentionRules; }

}  // namespace assay::autodiff
