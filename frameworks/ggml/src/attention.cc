// Attention with grouped heads, and the rotary embedding before it.
#include "graph/attention.h"

#include <cmath>

#include "operators.h"
#include "rotation.h"

namespace ggml_runner {
namespace {

using assay::graph::AttentionSizes;
using assay::graph::kAbsent;
using assay::graph::Role;

constexpr int64_t kProbabilities = 3;  // of qk_matmul_output_mode

std::string refuse_rotary(const Graph& graph, const Node& node, bool) {
  return rotation_of(graph, node).fault;
}

// ggml divides the position by a factor for each pair: with a base of 1 the factors are all there is.
ggml_tensor* rotary(Emitter& emitter, const Node& node) {
  const Rotation rotation = rotation_of(emitter.graph(), node).rotation.value_or(Rotation());
  ASSAY_CHECK(!rotation.frequencies.empty(), "{} was not screened", node.name);
  const auto& shape = emitter.graph().value(node.inputs[0]).shape;
  const int64_t heads = node.integer("num_heads", 0), length = shape[1], size = shape[2] / heads;
  Tensor positions(assay::tensor::DType::i64, {length}), factors(assay::tensor::DType::f32, {size / 2});
  for (int64_t i = 0; i < length; ++i)
    positions.mutable_data<int64_t>()[static_cast<size_t>(i)] = rotation.first + i;
  for (size_t i = 0; i < static_cast<size_t>(size / 2); ++i)
    factors.mutable_data<float>()[i] = static_cast<float>(1 / rotation.frequencies[i]);
  ggml_tensor* split = emitter.reshaped(emitter.input(node, 0), {shape[0], length, heads, size});
  const auto scale = static_cast<float>(rotation.scale);
  ggml_tensor* turned =
      ggml_rope_ext(emitter.context(), split, emitter.constant(positions), emitter.constant(factors),
                    static_cast<int>(size), GGML_ROPE_TYPE_NEOX, 0, 1.0F, 1.0F, 0.0F, scale, 0.0F, 0.0F);
  return emitter.reshaped(turned, shape);
}

std::string refuse_attention(const Graph& graph, const Node& node, bool gradients) {
  const auto sizes = assay::graph::attention_sizes(graph, node);
  if (!sizes) return sizes.error().message;
  if (node.input(3) != kAbsent || node.input(6) != kAbsent)
    return "this runner has no mask but the causal one";
  if (node.real("softcap", 0) != 0) return "this runner has no softcap";
  if (node.output(1) != kAbsent || node.output(2) != kAbsent) return "present keys and values are not given";
  if (node.output(3) != kAbsent && node.integer("qk_matmul_output_mode", 0) != kProbabilities)
    return "of the scores only the probabilities are given";
  const auto is_state = [&](size_t i) { return graph.value(node.input(i)).role == Role::state; };
  if (sizes->past_length > 0 && (gradients || !is_state(4) || !is_state(5)))
    return "past keys and values must be states, and have no gradient";
  return {};
}

// Which keys a query may see, added to the scores: 0 or -inf. ONNX counts a causal query from the first key.
Tensor causal_mask(const AttentionSizes& sizes) {
  Tensor mask(assay::tensor::DType::f32, {sizes.q_length, sizes.total_length()});
  const auto values = mask.mutable_data<float>();
  const int64_t offset = sizes.past_length;
  for (int64_t q = 0; q < sizes.q_length; ++q)
    for (int64_t k = 0; k < sizes.total_length(); ++k)
      values[static_cast<size_t>(q * sizes.total_length() + k)] = k <= q + offset ? 0.0F : -INFINITY;
  return mask;
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
ggml_tensor* probabilities(Emitter& emitter, ggml_tensor* q, ggml_tensor* k, const AttentionSizes& sizes,
                           bool masked) {
  ggml_tensor* scores = by_query(
      emitter, ggml_mul_mat(emitter.context(), emitter.contiguous(k), by_group(emitter, q, sizes)), sizes);
  ggml_tensor* mask = masked ? emitter.constant(causal_mask(sizes)) : nullptr;
  return ggml_soft_max_ext(emitter.context(), scores, mask, static_cast<float>(sizes.scale), 0.0F);
}

// By three products, which have a backward and ggml's fast matrix product. One query reads each key and value
// once: nothing to gain from matrix products, and ggml's flash attention does it in one pass.
ggml_tensor* attention(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const AttentionSizes sizes = *assay::graph::attention_sizes(emitter.graph(), node);
  ggml_tensor* q =
      by_head(emitter, emitter.input(node, 0), sizes, sizes.q_length, sizes.q_heads, sizes.head_size);
  ggml_tensor* k = memory(emitter, node, 1, 4, sizes, sizes.head_size);
  ggml_tensor* v = memory(emitter, node, 2, 5, sizes, sizes.v_head_size);
  const assay::tensor::Shape& shape = emitter.graph().value(node.outputs[0]).shape;
  const bool scores_wanted = node.output(3) != kAbsent;
  const bool masked = node.integer("is_causal", 0) != 0 && sizes.kv_length > 1;
  if (sizes.q_length == 1 && !masked && !emitter.gradients() && !scores_wanted)
    return emitter.reshaped(
        ggml_flash_attn_ext(context, q, k, v, nullptr, static_cast<float>(sizes.scale), 0.0F, 0.0F), shape);
  ggml_tensor* scores = probabilities(emitter, q, k, sizes, masked);
  if (scores_wanted) emitter.set(node.outputs[3], scores);
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
