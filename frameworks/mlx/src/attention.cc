// Attention with grouped heads, and the rotary embedding before it.
#include "graph/attention.h"

#include <limits>

#include "indices.h"
#include "operators.h"

namespace mlx_runner {
namespace {

using assay::graph::AttentionSizes;

// [batch, length, heads * size] as [batch, heads, length, size].
array by_head(const array& x, int heads) {
  if (x.ndim() == 4) return x;
  const array split = mx::reshape(x, {x.shape(0), x.shape(1), heads, x.shape(2) / heads});
  return mx::transpose(split, std::vector<int>{0, 2, 1, 3});
}

// Keys or values of all positions. A state that has a buffer gets the new ones written behind it.
array with_past(const Call& call, size_t past, const array& fresh) {
  if (!call.given(past)) return fresh;
  if (const auto kept = call.emitter().append(call.node().input(past), fresh)) return *kept;
  return mx::concatenate({call.x(past), fresh}, 2);
}

// Which keys a query sees by its position, counted from the end of the past, and by how many are no padding;
// nothing: all.
std::optional<array> visible(const Call& call, const AttentionSizes& sizes) {
  const auto length = static_cast<int>(sizes.q_length), total = static_cast<int>(sizes.total_length());
  const array rows = counted_along(0, 2, length, mx::int64), columns = counted_along(1, 2, total, mx::int64);
  const bool causal = call.flag("is_causal");
  if (!call.given(6)) {
    if (!causal || total == 1) return std::nullopt;
    return columns <= rows + array(sizes.past_length);
  }
  const array valid = mx::reshape(mx::astype(call.x(6), mx::int64), {-1, 1, 1, 1});
  const array there = columns < valid;
  return causal ? there && (columns <= rows + (valid - array(int64_t{length}))) : there;
}

// The masks as numbers to add.
std::optional<array> bias(const Call& call, const AttentionSizes& sizes, mx::Dtype dtype) {
  const array zero(0, dtype), hidden(-std::numeric_limits<float>::infinity(), dtype);
  const auto seen = visible(call, sizes);
  if (!call.given(3)) return seen ? std::optional(mx::where(*seen, zero, hidden)) : std::nullopt;
  array mask = call.x(3);
  if (mask.dtype() == mx::bool_) mask = mx::where(mask, zero, hidden);
  if (const int missing = static_cast<int>(sizes.total_length()) - mask.shape(-1); missing > 0)
    mask = mx::pad(mask, std::vector<int>{static_cast<int>(mask.ndim()) - 1}, {0}, {missing}, hidden);
  return seen ? mx::where(*seen, mask, hidden) : mask;
}

// Nothing where nothing is seen.
array probabilities(const Call& call, const array& scores) {
  const int64_t type = call.node().integer("softmax_precision", 0);
  const array wide = type == 11 ? mx::astype(scores, mx::float64) : scores;
  const array none = mx::max(scores, -1, true) == number(-std::numeric_limits<float>::infinity(), scores);
  const array safe = mx::where(none, number(0, wide), wide);
  return mx::astype(mx::where(none, number(0, wide), mx::softmax(safe, -1, true)), scores.dtype());
}

// Step by step: for a mask that may hide all keys of a query, a softcap, the scores as an output.
array written_out(const Call& call, const AttentionSizes& sizes, const array& q, const array& k,
                  const array& v) {
  const auto heads = static_cast<int>(sizes.q_heads), groups = static_cast<int>(sizes.kv_heads),
             batch = q.shape(0), length = q.shape(2), total = k.shape(2);
  const array grouped =
      mx::reshape(q * number(sizes.scale, q), {batch, groups, heads / groups, length, q.shape(3)});
  array scores = mx::matmul(grouped, mx::swapaxes(mx::expand_dims(k, 2), -1, -2));
  std::vector<array> stages = {mx::reshape(scores, {batch, heads, length, total})};
  const double softcap = call.node().real("softcap", 0);
  const array cap = number(softcap == 0 ? 1.0 : softcap, q);
  stages.push_back(softcap == 0 ? stages.back() : mx::tanh(stages.back() / cap) * cap);
  const auto added = bias(call, sizes, q.dtype());
  stages.push_back(added ? stages.back() + *added : stages.back());
  stages.push_back(probabilities(call, stages.back()));
  call.set(3, stages[static_cast<size_t>(call.node().integer("qk_matmul_output_mode", 0))]);
  const array shared = mx::reshape(stages.back(), {batch, groups, heads / groups, length, total});
  return mx::reshape(mx::matmul(shared, mx::expand_dims(v, 2)), {batch, heads, length, v.shape(3)});
}

// MLX's fused operator says the same where only positions hide keys, and every query sees one.
bool fits_own(const Call& call) {
  return !call.given(3) && !call.given(6) && !call.wanted(3) && call.node().real("softcap", 0) == 0 &&
         call.value(0).dtype == DType::f32 && call.node().integer("softmax_precision", 1) == 1;
}

array own(const Call& call, const AttentionSizes& sizes, const array& q, const array& k, const array& v) {
  const auto scale = static_cast<float>(sizes.scale);
  if (!call.flag("is_causal") || sizes.total_length() == 1)
    return mx::fast::scaled_dot_product_attention(q, k, v, scale);
  // Its causal mask counts from the last key, ours from the end of the past.
  if (sizes.q_length == sizes.kv_length)
    return mx::fast::scaled_dot_product_attention(q, k, v, scale, "causal");
  return mx::fast::scaled_dot_product_attention(q, k, v, scale, "array", visible(call, sizes));
}

void attention(const Call& call) {
  const auto sizes = assay::graph::attention_sizes(call.graph(), call.node());
  if (!sizes) Call::refuse(sizes.error().message);
  const array q = by_head(call.x(0), static_cast<int>(sizes->q_heads));
  const array k = with_past(call, 4, by_head(call.x(1), static_cast<int>(sizes->kv_heads)));
  const array v = with_past(call, 5, by_head(call.x(2), static_cast<int>(sizes->kv_heads)));
  array y = fits_own(call) ? own(call, *sizes, q, k, v) : written_out(call, *sizes, q, k, v);
  if (!sizes->split_heads)
    y = mx::reshape(mx::transpose(y, std::vector<int>{0, 2, 1, 3}), call.result_shape());
  call.set(0, y);
  call.set(1, k);
  call.set(2, v);
}

// The rows of a table by position, [batch or 1, length, 1, half], or with the heads in front of the length.
array table_rows(const Call& call, size_t i, bool heads_first) {
  const array table = call.x(i);
  array rows = call.given(3) ? mx::take(table, call.x(3), 0) : table;
  return mx::expand_dims(rows, heads_first ? 1 : 2);
}

// The tables are given; MLX's own rope would compute them anew in each step, and on the processor it then
// does this.
void rotary_embedding(const Call& call) {
  const bool heads_first = call.rank(0) == 4;
  array x = call.x(0);
  if (!heads_first) {
    const auto heads = static_cast<int>(call.node().integer("num_heads", 1));
    x = mx::reshape(x, {x.shape(0), x.shape(1), heads, x.shape(2) / heads});
  }
  const array cos = table_rows(call, 1, heads_first), sin = table_rows(call, 2, heads_first);
  const auto stated = static_cast<int>(call.node().integer("rotary_embedding_dim", 0));
  const int size = x.shape(3), width = stated == 0 ? size : stated;
  const auto part = [&](int start, int stop, int step) {
    mx::Shape stops = x.shape();
    stops[3] = stop;
    return mx::slice(x, {0, 0, 0, start}, stops, {1, 1, 1, step});
  };
  const bool interleaved = call.flag("interleaved");
  const array one = interleaved ? part(0, width, 2) : part(0, width / 2, 1);
  const array other = interleaved ? part(1, width, 2) : part(width / 2, width, 1);
  const array turned = one * cos - other * sin, partner = other * cos + one * sin;
  std::vector<array> pieces = {turned, partner};
  if (interleaved) {
    mx::Shape shape = x.shape();
    shape[3] = width;
    pieces = {mx::reshape(mx::stack(pieces, -1), shape)};
  }
  if (width != size) pieces.push_back(part(width, size, 1));
  call.set(0, mx::reshape(mx::concatenate(pieces, -1), call.result_shape()));
}

}  // namespace

std::vector<Operator> attention_operators() {
  return {
      {"Attention", attention},
      {"RotaryEmbedding", rotary_embedding},
  };
}

}  // namespace mlx_runner
