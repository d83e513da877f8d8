// Gradients of attention and of rotary embedding. Probabilities are recomputed. Query heads that share a key
// head are stacked under one another, [batch, kv heads, group * length, size], so that the products over a
// group, and the sums of the gradients of its keys and values, are single matrix products.
#include <algorithm>

#include "autodiff/rule.h"
#include "graph/attention.h"

namespace assay::autodiff {
namespace {

using graph::AttentionSizes;

// Far below any score: after the softmax exactly zero in float32 and float64, and still a number in a file.
constexpr float kMasked = -1e30F;

class AttentionGradient {
 public:
  AttentionGradient(Context& context, const AttentionSizes& sizes)
      : c_(context), e_(context.emit), s_(sizes) {}

  void run() {
    q_ = e_.scale(stacked(split_heads(c_.input(0), s_.q_heads), s_.head_size), s_.scale);
    k_ = with_past(4, split_heads(c_.input(1), s_.kv_heads));
    v_ = with_past(5, split_heads(c_.input(2), s_.kv_heads));
    if (c_.has_gradient(0)) through_output();
    if (c_.has_gradient(1)) dk_ = plus(dk_, c_.gradient(1));
    if (c_.has_gradient(2)) dv_ = plus(dv_, c_.gradient(2));
    give(1, 4, dk_, s_.head_size);
    give(2, 5, dv_, s_.v_head_size);
  }

 private:
  // [batch, length, heads * size] as [batch, heads, length, size], and back.
  ValueId split_heads(ValueId a, int64_t heads) {
    if (s_.split_heads) return a;
    const Shape s = e_.shape(a);
    if (s.size() != 3) return kAbsent;  // after an error
    return e_.transpose(e_.reshape(a, {s[0], s[1], heads, s[2] / heads}), {0, 2, 1, 3});
  }

  ValueId join_heads(ValueId a, const Shape& to) {
    return s_.split_heads ? e_.reshape(a, to) : e_.reshape(e_.transpose(a, {0, 2, 1, 3}), to);
  }

  // [batch, query heads, length, size] with the heads of a group under one another.
  ValueId stacked(ValueId a, int64_t size) {
    return e_.reshape(a, {s_.batch, s_.kv_heads, s_.q_heads / s_.kv_heads * s_.q_length, size});
  }

  ValueId with_past(size_t past, ValueId present) {
    return s_.past_length == 0 ? present : e_.op("Concat", {c_.input(past), present}, {{"axis", int64_t{2}}});
  }

  ValueId plus(ValueId a, ValueId b) { return a == kAbsent ? b : e_.add(a, b); }

  void through_output() {
    const ValueId p = probabilities();
    const ValueId g = stacked(split_heads(c_.gradient(0), s_.q_heads), s_.v_head_size);
    if (wants_values()) dv_ = e_.matmul(e_.transpose_last(p), g);
    if (!c_.wants(0) && !wants_keys()) return;
    const ValueId dp = e_.matmul(g, e_.transpose_last(v_));
    const ValueId ds = e_.mul(p, e_.sub(dp, output_dot_gradient()));
    if (c_.wants(0)) c_.give(0, query_gradient(ds));
    if (wants_keys()) dk_ = e_.matmul(e_.transpose_last(ds), q_);
  }

  bool wants_keys() const { return c_.wants(1) || c_.wants(4); }
  bool wants_values() const { return c_.wants(2) || c_.wants(5); }

  // softmax(scores), stacked.
  ValueId probabilities() {
    const int64_t total = s_.total_length();
    ValueId scores = e_.matmul(q_, e_.transpose_last(k_));
    scores = masked(e_.reshape(scores, {s_.batch, s_.q_heads, s_.q_length, total}));
    ValueId p = e_.op("Softmax", {scores}, {{"axis", int64_t{-1}}});
    // A query without any key has the output zero, hence no gradient.
    if (boolean_mask()) p = e_.op("Where", {full_mask(), p, e_.scalar(0, e_.dtype(p))});
    return stacked(p, total);
  }

  ValueId masked(ValueId scores) {
    const DType type = e_.dtype(scores);
    if (c_.node.integer("is_causal", 0) != 0) scores = e_.add(scores, causal_mask(type));
    if (c_.input(3) == kAbsent) return scores;
    if (boolean_mask()) return e_.op("Where", {full_mask(), scores, e_.scalar(kMasked, type)});
    return e_.add(scores, full_mask());
  }

  bool boolean_mask() const { return c_.input(3) != kAbsent && e_.dtype(c_.input(3)) == DType::boolean; }

  // The mask with its last dimension completed: keys beyond a shorter mask are masked out.
  ValueId full_mask() {
    const ValueId mask = c_.input(3);
    const Shape s = e_.shape(mask);
    const int64_t missing = s_.total_length() - s.back();
    if (missing == 0 || s.back() == 1) return mask;
    Shape rest = s;
    rest.back() = missing;
    const ValueId zero = e_.zeros(rest, s_type());
    const ValueId tail = boolean_mask() ? e_.op("Greater", {zero, zero}) : e_.filled(kMasked, rest, s_type());
    return e_.op("Concat", {mask, tail}, {{"axis", int64_t{-1}}});
  }

  DType s_type() const { return e_.dtype(c_.input(0)); }

  // Query i sees the past and keys 0..i.
  ValueId causal_mask(DType type) {
    const int64_t total = s_.total_length();
    std::vector<float> mask(static_cast<size_t>(s_.q_length * total));
    for (int64_t i = 0; i < s_.q_length; ++i)
      for (int64_t j = i + s_.past_length + 1; j < total; ++j)
        mask[static_cast<size_t>(i * total + j)] = kMasked;
    const auto data = graph::Tensor::of<float>({s_.q_length, total}, mask);
    return e_.constant(fmt::format("causal.{}x{}+{}.{}", s_.q_length, s_.kv_length, s_.past_length,
                                   tensor::dtype_name(type)),
                       tensor::converted(data, type));
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
    const ValueId dq = e_.reshape(e_.matmul(ds, k_), {s_.batch, s_.q_heads, s_.q_length, s_.head_size});
    return e_.scale(join_heads(dq, c_.shape(0)), s_.scale);
  }

  // The gradient of keys or values goes to the input and, before it, to the past.
  void give(size_t present, size_t past, ValueId whole, int64_t size) {
    if (whole == kAbsent) return;
    if (s_.past_length == 0) return c_.give(present, join_heads(whole, c_.shape(present)));
    if (c_.wants(past)) c_.give(past, part(whole, 0, s_.past_length));
    if (c_.wants(present))
      c_.give(present, join_heads(e_.reshape(part(whole, s_.past_length, s_.total_length()),
                                             {s_.batch, s_.kv_heads, s_.kv_length, size}),
                                  c_.shape(present)));
  }

  ValueId part(ValueId whole, int64_t start, int64_t end) {
    return e_.op("Slice", {whole, e_.integers({start}), e_.integers({end}), e_.integers({2})});
  }

  Context& c_;
  Emitter& e_;
  const AttentionSizes s_;
  ValueId q_ = kAbsent;  // stacked and scaled
  ValueId k_ = kAbsent;  // [batch, kv heads, past + length, size]
  ValueId v_ = kAbsent;
  ValueId dk_ = kAbsent;
  ValueId dv_ = kAbsent;
};

void attention(Context& c) {
  if (c.node.real("softcap", 0) != 0) return c.fail("softcap is not supported");
  if (c.node.input(6) != kAbsent) return c.fail("nonpad_kv_seqlen is not supported");
  if (c.wants(3)) return c.fail("attn_mask cannot be trained");
  if (c.has_gradient(3)) return c.fail("qk_matmul_output has no gradient");
  const auto sizes = graph::attention_sizes(c.forward(), c.node);
  if (!sizes) return c.fail(sizes.error().message);
  AttentionGradient(c, *sizes).run();
}

// A rotation's gradient is the rotation back: the sines negated.
void rotary_embedding(Context& c) {
  Emitter& e = c.emit;
  if (c.wants(1) || c.wants(2)) return c.fail("cos_cache and sin_cache cannot be trained");
  std::vector<ValueId> inputs{c.gradient(), c.input(1), e.op("Neg", {c.input(2)})};
  if (c.input(3) != kAbsent) inputs.push_back(c.input(3));
  c.give(0, e.op("RotaryEmbedding", std::move(inputs), c.node.attributes));
}

constexpr Rule kRules[] = {{"Attention", attention}, {"RotaryEmbedding", rotary_embedding}};

}  // namespace

std::span<const Rule> attention_rules() { return kRules; }

}  // namespace assay::autodiff
