// Attention with grouped heads: OpenVINO's own operator where it says what the node says, else written out.
#include "graph/attention.h"

#include <cmath>
#include <limits>

#include "operators.h"

namespace openvino_runner {
namespace {

using assay::graph::AttentionSizes;

constexpr double kHidden = -std::numeric_limits<double>::infinity();

// An attention's operands as [batch, heads, length, size], keys and values with the past before them.
struct Parts {
  Output q, k, v;
};

Output by_head(Emitter& emitter, const Node& node, size_t i, const AttentionSizes& sizes) {
  if (sizes.split_heads) return emitter.input(node, i);
  return emitter.by_head(node.inputs[i], i == 0 ? sizes.q_heads : sizes.kv_heads);
}

Output with_past(Emitter& emitter, const Node& node, size_t past, const Output& fresh) {
  if (node.input(past) == kAbsent) return fresh;
  return make<op::Concat>(Outputs{emitter.input(node, past), fresh}, 2);
}

Output range(int64_t count) {
  return make<op::Range>(integer(0), integer(count), integer(1), ov::element::i64);
}

// Whether there is a query that does not see a key for its position. Without padding.
bool is_masked(const Node& node, const AttentionSizes& sizes) {
  return node.integer("is_causal", 0) != 0 && (sizes.q_length > 1 || sizes.kv_length > 1);
}

// Which keys a query sees by its position, and by how many of them are no padding: BOOL, against [batch,
// heads, query, key]. Nothing: all of them.
Output visible(Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  const bool causal = node.integer("is_causal", 0) != 0;
  const Output keys = range(sizes.total_length());
  const Output queries = reshaped(range(sizes.q_length), {sizes.q_length, 1});
  if (node.input(6) == kAbsent) {
    if (!is_masked(node, sizes)) return {};
    return make<op::LessEqual>(keys, make<op::Add>(queries, integer(sizes.past_length)));
  }
  const Output valid = reshaped(converted(emitter.input(node, 6), ov::element::i64), {sizes.batch, 1, 1, 1});
  const Output seen = make<op::Less>(keys, valid);
  if (!causal) return seen;
  const Output last = make<op::Add>(queries, make<op::Subtract>(valid, integer(sizes.q_length)));
  return make<op::LogicalAnd>(seen, make<op::LessEqual>(keys, last));
}

// The node's own mask as numbers to add; keys that it is too short for are hidden. Nothing without one.
Output given_bias(Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  if (node.input(3) == kAbsent) return {};
  Output mask = emitter.input(node, 3);
  if (mask.get_element_type() == ov::element::boolean) {
    const Output like = emitter.input(node, 0);
    mask = make<op::Select>(mask, scalar(0, like), scalar(kHidden, like));
  }
  const Shape& shape = emitter.shape(node, 3);
  const int64_t missing = sizes.total_length() - shape.back();
  if (missing == 0) return mask;
  std::vector<int64_t> before(shape.size(), 0), after(shape.size(), 0);
  after.back() = missing;
  return make<op::Pad>(mask, integers(before), integers(after), scalar(kHidden, mask),
                       ov::op::PadMode::CONSTANT);
}

Output bias(Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  const Output seen = visible(emitter, node, sizes), given = given_bias(emitter, node, sizes);
  if (!seen.get_node()) return given;
  const Output like = emitter.input(node, 0);
  return make<op::Select>(seen, given.get_node() ? given : scalar(0, like), scalar(kHidden, like));
}

// The queries of heads that share keys and values as the rows of one matrix.
Output by_group(const Output& x, const AttentionSizes& sizes) {
  const auto size = static_cast<int64_t>(x.get_shape().back());
  return reshaped(x, {sizes.batch, sizes.kv_heads, sizes.q_heads / sizes.kv_heads * sizes.q_length, size});
}

Output by_query(const Output& x, const AttentionSizes& sizes) {
  const auto size = static_cast<int64_t>(x.get_shape().back());
  return reshaped(x, {sizes.batch, sizes.q_heads, sizes.q_length, size});
}

// Nothing, where nothing is seen. The largest of nothing but -inf is the least finite number in the CPU
// plugin.
Output probabilities(const Output& scores) {
  const Output top = make<op::ReduceMax>(scores, integers({-1}), true);
  const Output hidden = make<op::LessEqual>(top, scalar(std::numeric_limits<float>::lowest(), scores));
  const Output safe = make<op::Select>(hidden, scalar(0, scores), scores);
  return make<op::Select>(hidden, scalar(0, scores), make<op::Softmax>(safe, -1));
}

// Step by step: for masks that may hide all keys of a query, softcap, the scores as an output.
Outputs written_out(Emitter& emitter, const Node& node, const AttentionSizes& sizes, const Parts& parts) {
  const Output q = make<op::Multiply>(parts.q, scalar(sizes.scale, parts.q));
  Outputs stages = {by_query(make<op::MatMul>(by_group(q, sizes), parts.k, false, true), sizes)};
  const double cap = node.real("softcap", 0);
  const Output limit = scalar(cap, q);
  stages.push_back(cap == 0 ? stages[0]
                            : make<op::Multiply>(make<op::Tanh>(make<op::Divide>(stages[0], limit)), limit));
  const Output added = bias(emitter, node, sizes);
  stages.push_back(added.get_node() ? make<op::Add>(stages[1], added) : stages[1]);
  stages.push_back(added.get_node() ? probabilities(stages[2]) : make<op::Softmax>(stages[2], -1));
  const Output y = by_query(make<op::MatMul>(by_group(stages[3], sizes), parts.v, false, false), sizes);
  return {y, stages[static_cast<size_t>(node.integer("qk_matmul_output_mode", 0))]};
}

// OpenVINO's operator scales by one over the root of the head's size.
Output scaled_query(const Output& q, const AttentionSizes& sizes) {
  const double factor = sizes.scale * std::sqrt(static_cast<double>(sizes.head_size));
  return std::abs(factor - 1) < 1e-12 ? q : make<op::Multiply>(q, scalar(factor, q));
}

// The causal mask for the rows of by_group(), the same in every layer: OpenVINO's own knows one query a row.
Output causal_mask(Emitter& emitter, const AttentionSizes& sizes) {
  const int64_t rows = sizes.q_heads / sizes.kv_heads * sizes.q_length, keys = sizes.total_length();
  const std::string name = fmt::format("mask {} {} {}", rows, sizes.q_length, sizes.past_length);
  return emitter.once(name, [&] {
    std::vector<float> mask;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t key = 0; key < keys; ++key)
        mask.push_back(key <= row % sizes.q_length + sizes.past_length ? 0.0F : static_cast<float>(kHidden));
    return floats({1, 1, rows, keys}, mask);
  });
}

// OpenVINO's operator wants as many heads of keys as of queries, and repeating them would copy them.
Output own(Emitter& emitter, const Node& node, const AttentionSizes& sizes, const Parts& parts) {
  Outputs operands = {by_group(scaled_query(parts.q, sizes), sizes), parts.k, parts.v};
  if (is_masked(node, sizes)) operands.push_back(causal_mask(emitter, sizes));
  return by_query(make<op::ScaledDotProductAttention>(operands, false), sizes);
}

// What OpenVINO's operator has no way to say, or what it makes of a query that sees nothing.
bool needs_writing_out(const Node& node) {
  return node.input(3) != kAbsent || node.input(6) != kAbsent || node.output(3) != kAbsent ||
         node.real("softcap", 0) != 0;
}

Outputs attention(Emitter& emitter, const Node& node) {
  const AttentionSizes sizes = assay::graph::attention_sizes(emitter.graph(), node).value();
  if (const int64_t type = node.integer("softmax_precision", 1); type != 1 && type != 11)
    throw Refusal("softmax in a type other than F32");
  const Parts parts = {by_head(emitter, node, 0, sizes),
                       with_past(emitter, node, 4, by_head(emitter, node, 1, sizes)),
                       with_past(emitter, node, 5, by_head(emitter, node, 2, sizes))};
  Outputs made = needs_writing_out(node) ? written_out(emitter, node, sizes, parts)
                                         : Outputs{own(emitter, node, sizes, parts), Output()};
  if (!sizes.split_heads) made[0] = reshaped(transposed(made[0], {0, 2, 1, 3}), emitter.result(node).shape);
  return {made[0], parts.k, parts.v, made[1]};
}

}  // namespace

std::vector<Operator> attention_operators() { return {{"Attention", attention}}; }

}  // namespace openvino_runner
