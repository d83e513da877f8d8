// Attention with grouped heads.
#include "graph/attention.h"

#include <array>

#include "functions.h"
#include "mask.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::AttentionSizes;
using assay::graph::kAbsent;
using assay::graph::Role;

std::string refuse_attention(const Graph& graph, const Node& node, bool) {
  const auto sizes = assay::graph::attention_sizes(graph, node);
  return sizes ? refuse_mask(graph, node, *sizes) : sizes.error().message;
}

// [batch, length, heads * size] as ggml's [size, length, heads, batch]: a view.
ggml_tensor* by_head(Emitter& emitter, ggml_tensor* x, const AttentionSizes& sizes, int64_t length,
                     int64_t heads, int64_t size) {
  if (sizes.split_heads) return x;
  return emitter.permuted(emitter.reshaped(x, {sizes.batch, length, heads, size}), {0, 2, 1, 3});
}

// Keys or values: those of this step, behind the past ones when there are any.
ggml_tensor* memory(Emitter& emitter, const Node& node, size_t fresh, size_t past,
                    const AttentionSizes& sizes, int64_t size) {
  ggml_tensor* now =
      by_head(emitter, emitter.input(node, fresh), sizes, sizes.kv_length, sizes.kv_heads, size);
  if (sizes.past_length == 0) return now;
  if (emitter.gradients() || emitter.graph().value(node.input(past)).role != Role::state) {
    const std::array both = {emitter.input(node, past), emitter.contiguous(now)};
    ggml_tensor* all = joined(emitter, both, sizes.batch * sizes.kv_heads, size);
    return emitter.reshaped(all, {sizes.batch, sizes.kv_heads, sizes.total_length(), size});
  }
  ggml_tensor* cache = emitter.add_cache(node.input(past), sizes.kv_length);
  if (const auto filled = filled_places(emitter.graph(), node)) {
    ggml_tensor* place = emitter.reshaped(emitter.indices(filled->position, 0), {sizes.batch, 1, 1});
    return ggml_set_rows(emitter.context(), cache, emitter.contiguous(now), place);
  }
  ggml_tensor* place =
      ggml_view_4d(emitter.context(), cache, size, sizes.kv_length, sizes.kv_heads, sizes.batch, cache->nb[1],
                   cache->nb[2], cache->nb[3], static_cast<size_t>(sizes.past_length) * cache->nb[1]);
  emitter.compute_now(ggml_cpy(emitter.context(), now, place));
  return cache;
}

// [batch, heads, query, size] with the queries of all heads that share keys and values as one matrix, so that
// ggml repeats nothing: its backward knows repetition in one sequence only.
ggml_tensor* by_group(Emitter& emitter, ggml_tensor* x, const AttentionSizes& sizes) {
  const int64_t rows = sizes.q_heads / sizes.kv_heads * sizes.q_length;
  return emitter.reshaped(x, {sizes.batch, sizes.kv_heads, rows, x->ne[0]});
}

ggml_tensor* by_query(Emitter& emitter, ggml_tensor* x, const AttentionSizes& sizes) {
  return emitter.reshaped(x, {sizes.batch, sizes.q_heads, sizes.q_length, x->ne[0]});
}

// Of a query that sees no key ggml's softmax would be no number; with a sink that no score comes near it is
// 0, and the same as before of all others.
constexpr float kSink = -1e30F;

// K Q, of every query: [batch, heads, query, key].
ggml_tensor* products(Emitter& emitter, ggml_tensor* q, ggml_tensor* k, const AttentionSizes& sizes) {
  return by_query(emitter,
                  ggml_mul_mat(emitter.context(), emitter.contiguous(k), by_group(emitter, q, sizes)), sizes);
}

// cap * tanh(scale * scores / cap)
ggml_tensor* capped(Emitter& emitter, ggml_tensor* scores, float scale, float cap) {
  ggml_context* context = emitter.context();
  return ggml_scale(context, tanh(emitter, ggml_scale(context, scores, scale / cap)), cap);
}

float cap_of(const Node& node) { return static_cast<float>(node.real("softcap", 0)); }

// softmax(K Q)
ggml_tensor* probabilities(Emitter& emitter, const Node& node, ggml_tensor* q, ggml_tensor* k,
                           const AttentionSizes& sizes) {
  ggml_context* context = emitter.context();
  ggml_tensor* scores = products(emitter, q, k, sizes);
  auto scale = static_cast<float>(sizes.scale);
  if (const float cap = cap_of(node); cap > 0) {
    scores = capped(emitter, scores, scale, cap);
    scale = 1;
  }
  ggml_tensor* mask = mask_of(emitter, node, sizes);
  ggml_tensor* shares = ggml_soft_max_ext(context, scores, mask, scale, 0.0F);
  if (mask && may_blind(emitter.graph(), node, sizes))
    ggml_soft_max_add_sinks(shares, emitter.filled({sizes.q_heads}, kSink));
  return shares;
}

// The scores that a node gives beside its output: as they are, capped, masked, or as probabilities
// (qk_matmul_output_mode 0 to 3).
ggml_tensor* exposed(Emitter& emitter, const Node& node, ggml_tensor* q, ggml_tensor* k, ggml_tensor* shares,
                     const AttentionSizes& sizes) {
  ggml_context* context = emitter.context();
  const int64_t stage = node.integer("qk_matmul_output_mode", 0);
  if (stage == 3) return shares;
  const auto scale = static_cast<float>(sizes.scale);
  const float cap = stage > 0 ? cap_of(node) : 0;
  ggml_tensor* scores = products(emitter, q, k, sizes);
  scores = cap > 0 ? capped(emitter, scores, scale, cap) : ggml_scale(context, scores, scale);
  ggml_tensor* mask = stage > 1 ? mask_of(emitter, node, sizes) : nullptr;
  return mask ? ggml_add(context, scores, mask) : scores;
}

// One query reads each key and value once: nothing to gain from matrix products, and ggml's flash attention
// does it in one pass. It takes no mask but one in half precision, and passes over what that hides.
bool is_in_one_pass(const Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  if (sizes.q_length != 1 || emitter.gradients() || node.output(3) != kAbsent) return false;
  if (filled_places(emitter.graph(), node)) return true;
  return node.input(3) == kAbsent && node.input(6) == kAbsent &&
         (node.integer("is_causal", 0) == 0 || sizes.kv_length == 1);
}

ggml_tensor* in_one_pass(Emitter& emitter, const Node& node, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v,
                         const AttentionSizes& sizes) {
  const auto filled = filled_places(emitter.graph(), node);
  ggml_tensor* mask =
      filled ? emitter.filled_mask(filled->position, filled->window, sizes.total_length()) : nullptr;
  return ggml_flash_attn_ext(emitter.context(), q, k, v, mask, static_cast<float>(sizes.scale), 0.0F,
                             cap_of(node));
}

// By three products, which have a backward and ggml's fast matrix product, where there are many queries.
ggml_tensor* attention(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const AttentionSizes sizes = *assay::graph::attention_sizes(emitter.graph(), node);
  ggml_tensor* q =
      by_head(emitter, emitter.input(node, 0), sizes, sizes.q_length, sizes.q_heads, sizes.head_size);
  ggml_tensor* k = memory(emitter, node, 1, 4, sizes, sizes.head_size);
  ggml_tensor* v = memory(emitter, node, 2, 5, sizes, sizes.v_head_size);
  const assay::tensor::Shape& shape = emitter.graph().value(node.outputs[0]).shape;
  if (node.output(1) != kAbsent) emitter.set(node.outputs[1], emitter.contiguous(k));
  if (node.output(2) != kAbsent) emitter.set(node.outputs[2], emitter.contiguous(v));
  if (is_in_one_pass(emitter, node, sizes))
    return emitter.reshaped(in_one_pass(emitter, node, q, k, v, sizes), shape);
  ggml_tensor* scores = probabilities(emitter, node, q, k, sizes);
  if (node.output(3) != kAbsent) emitter.set(node.outputs[3], exposed(emitter, node, q, k, scores, sizes));
  ggml_tensor* values = emitter.contiguous(emitter.permuted(v, {1, 0, 2, 3}));
  ggml_tensor* mixed =
      by_query(emitter, ggml_mul_mat(context, values, by_group(emitter, scores, sizes)), sizes);
  if (!sizes.split_heads) mixed = emitter.permuted(mixed, {0, 2, 1, 3});
  return emitter.reshaped(mixed, shape);
}

}  // namespace

std::vector<Operator> attention_operators() {
  return {
      {"Attention", refuse_attention, attention},
  };
}

}  // namespace ggml_runner
