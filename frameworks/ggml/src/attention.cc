// Attention with grouped heads, and the rotary embedding before it.
#include "graph/attention.h"

#include <numeric>

#include "mask.h"
#include "operators.h"
#include "rotation.h"

namespace ggml_runner {
namespace {

using assay::graph::AttentionSizes;
using assay::graph::kAbsent;
using assay::graph::Role;

std::string refuse_rotary(const Graph& graph, const Node& node, bool) {
  return rotation_of(graph, node).fault;
}

// `count` numbers from `first` on.
Tensor counted(int64_t first, int64_t count) {
  Tensor numbers(assay::tensor::DType::i32, {count});
  std::iota(numbers.mutable_data<int32_t>().begin(), numbers.mutable_data<int32_t>().end(),
            static_cast<int32_t>(first));
  return numbers;
}

// ggml divides the position by a factor for each pair: with a base of 1 the factors are all there is.
ggml_tensor* rotary(Emitter& emitter, const Node& node) {
  const Rotation rotation = rotation_of(emitter.graph(), node).rotation.value_or(Rotation());
  ASSAY_CHECK(!rotation.frequencies.empty(), "{} was not screened", node.name);
  const auto& shape = emitter.graph().value(node.inputs[0]).shape;
  const int64_t heads = node.integer("num_heads", 0), size = shape[2] / heads;
  Tensor factors(assay::tensor::DType::f32, {size / 2});
  for (size_t i = 0; i < static_cast<size_t>(size / 2); ++i)
    factors.mutable_data<float>()[i] = static_cast<float>(1 / rotation.frequencies[i]);
  // Positions of a step are of each token of each sequence: these are one sequence to ggml.
  const bool given = rotation.positions != kAbsent;
  const int64_t batch = given ? 1 : shape[0], length = given ? shape[0] * shape[1] : shape[1];
  ggml_tensor* split = emitter.reshaped(emitter.input(node, 0), {batch, length, heads, size});
  ggml_tensor* positions =
      given ? emitter.indices(rotation.positions, 0) : emitter.constant(counted(rotation.first, length));
  const auto scale = static_cast<float>(rotation.scale);
  ggml_tensor* turned =
      ggml_rope_ext(emitter.context(), split, positions, emitter.constant(factors), static_cast<int>(size),
                    GGML_ROPE_TYPE_NEOX, 0, 1.0F, 1.0F, 0.0F, scale, 0.0F, 0.0F);
  return emitter.reshaped(turned, shape);
}

std::string refuse_attention(const Graph& graph, const Node& node, bool gradients) {
  const auto sizes = assay::graph::attention_sizes(graph, node);
  if (!sizes) return sizes.error().message;
  if (node.input(6) != kAbsent) return "this runner has no lengths of single sequences";
  if (node.real("softcap", 0) != 0 && gradients) return "ggml has no backward for the softcap's tanh";
  const auto is_state = [&](size_t i) { return graph.value(node.input(i)).role == Role::state; };
  if (sizes->past_length > 0 && (gradients || !is_state(4) || !is_state(5)))
    return "past keys and values must be states, and have no gradient";
  return refuse_mask(graph, node, *sizes);
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

// softmax(K Q), the scores of every query: [batch, heads, query, key].
ggml_tensor* probabilities(Emitter& emitter, const Node& node, ggml_tensor* q, ggml_tensor* k,
                           const AttentionSizes& sizes) {
  ggml_context* context = emitter.context();
  ggml_tensor* scores =
      by_query(emitter, ggml_mul_mat(context, emitter.contiguous(k), by_group(emitter, q, sizes)), sizes);
  auto scale = static_cast<float>(sizes.scale);
  if (const auto cap = static_cast<float>(node.real("softcap", 0)); cap > 0) {
    scores = ggml_scale(context, ggml_tanh(context, ggml_scale(context, scores, scale / cap)), cap);
    scale = 1;
  }
  return ggml_soft_max_ext(context, scores, mask_of(emitter, node, sizes), scale, 0.0F);
}

// The scores that a node gives beside its output: as they are, capped, masked, or as probabilities
// (qk_matmul_output_mode 0 to 3).
ggml_tensor* exposed(Emitter& emitter, const Node& node, ggml_tensor* q, ggml_tensor* k, ggml_tensor* shares,
                     const AttentionSizes& sizes) {
  ggml_context* context = emitter.context();
  const int64_t stage = node.integer("qk_matmul_output_mode", 0);
  if (stage == 3) return shares;
  ggml_tensor* scores =
      by_query(emitter, ggml_mul_mat(context, emitter.contiguous(k), by_group(emitter, q, sizes)), sizes);
  scores = ggml_scale(context, scores, static_cast<float>(sizes.scale));
  if (const auto cap = static_cast<float>(node.real("softcap", 0)); cap > 0 && stage > 0)
    scores = ggml_scale(context, ggml_tanh(context, ggml_scale(context, scores, 1 / cap)), cap);
  ggml_tensor* mask = stage > 1 ? mask_of(emitter, node, sizes) : nullptr;
  return mask ? ggml_add(context, scores, mask) : scores;
}

// One query reads each key and value once: nothing to gain from matrix products, and ggml's flash attention
// does it in one pass. It takes no mask but one in half precision, and passes over what that hides.
bool is_in_one_pass(const Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  if (sizes.q_length != 1 || emitter.gradients() || node.output(3) != kAbsent) return false;
  if (filled_places(emitter.graph(), node)) return true;
  return node.input(3) == kAbsent && (node.integer("is_causal", 0) == 0 || sizes.kv_length == 1);
}

ggml_tensor* in_one_pass(Emitter& emitter, const Node& node, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v,
                         const AttentionSizes& sizes) {
  const auto filled = filled_places(emitter.graph(), node);
  ggml_tensor* mask =
      filled ? emitter.filled_mask(filled->position, filled->window, sizes.total_length()) : nullptr;
  return ggml_flash_attn_ext(emitter.context(), q, k, v, mask, static_cast<float>(sizes.scale), 0.0F,
                             static_cast<float>(node.real("softcap", 0)));
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
      {"RotaryEmbedding", refuse_rotary, rotary},
  };
}

}  // namespace ggml_runner
