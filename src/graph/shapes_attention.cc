#include <cmath>

#include "graph/attention.h"
#include "graph/rules.h"

namespace assay::graph {
namespace {

Result<AttentionSizes> split_sizes(const Call& call) {
  const Shape& q = call.shape(0);
  const Shape& k = call.shape(1);
  const Shape& v = call.shape(2);
  return AttentionSizes{.batch = q[0],
                        .q_heads = q[1],
                        .kv_heads = k[1],
                        .q_length = q[2],
                        .kv_length = k[2],
                        .head_size = q[3],
                        .v_head_size = v[3],
                        .split_heads = true};
}

Result<AttentionSizes> joined_sizes(const Call& call) {
  const Shape& q = call.shape(0);
  const Shape& v = call.shape(2);
  const int64_t q_heads = call.node().integer("q_num_heads", 0);
  const int64_t kv_heads = call.node().integer("kv_num_heads", 0);
  if (q_heads <= 0 || kv_heads <= 0)
    return call.error("attributes q_num_heads and kv_num_heads must be given with 3-dimensional inputs");
  if (q[2] % q_heads != 0)
    return call.error("{} has {} columns, expected a multiple of q_num_heads {}", call.operand(0), q[2],
                      q_heads);
  if (v[2] % kv_heads != 0)
    return call.error("{} has {} columns, expected a multiple of kv_num_heads {}", call.operand(2), v[2],
                      kv_heads);
  return AttentionSizes{.batch = q[0],
                        .q_heads = q_heads,
                        .kv_heads = kv_heads,
                        .q_length = q[1],
                        .kv_length = call.shape(1)[1],
                        .head_size = q[2] / q_heads,
                        .v_head_size = v[2] / kv_heads};
}

Result<> check_keys_values(const Call& call, const AttentionSizes& s) {
  if (s.kv_heads <= 0 || s.q_heads % s.kv_heads != 0)
    return call.error("{} query heads are not a multiple of {} key heads", s.q_heads, s.kv_heads);
  const bool split = s.split_heads;
  ASSAY_TRY_VOID(call.need_shape(1, split ? Shape{s.batch, s.kv_heads, s.kv_length, s.head_size}
                                          : Shape{s.batch, s.kv_length, s.kv_heads * s.head_size}));
  return call.need_shape(2, split ? Shape{s.batch, s.kv_heads, s.kv_length, s.v_head_size}
                                  : Shape{s.batch, s.kv_length, s.kv_heads * s.v_head_size});
}

Result<int64_t> past_length(const Call& call, const AttentionSizes& s) {
  if (call.given(4) != call.given(5)) return call.error("past_key and past_value must be given together");
  if (!call.given(4)) return 0;
  ASSAY_TRY_VOID(call.need_rank(4, 4, 4));
  const int64_t length = call.shape(4)[2];
  ASSAY_TRY_VOID(call.need_shape(4, {s.batch, s.kv_heads, length, s.head_size}));
  ASSAY_TRY_VOID(call.need_shape(5, {s.batch, s.kv_heads, length, s.v_head_size}));
  return length;
}

Result<AttentionSizes> sizes(const Call& call) {
  ASSAY_TRY_VOID(call.need_rank(0, 3, 4));
  for (size_t i = 1; i <= 2; ++i) ASSAY_TRY_VOID(call.need_rank(i, call.rank(0), call.rank(0)));
  ASSAY_TRY(AttentionSizes s, call.rank(0) == 4 ? split_sizes(call) : joined_sizes(call));
  ASSAY_TRY_VOID(check_keys_values(call, s));
  ASSAY_TRY(s.past_length, past_length(call, s));
  s.scale = call.node().real("scale", 1.0 / std::sqrt(static_cast<double>(s.head_size)));
  return s;
}

// The mask's last dimension may be shorter than the keys; what is missing is masked out.
Result<> check_mask(const Call& call, const AttentionSizes& s) {
  if (!call.given(3)) return {};
  if (call.dtype(3) != DType::boolean) ASSAY_TRY_VOID(call.need_same_type(0, 3));
  ASSAY_TRY_VOID(call.need_rank(3, 1, 4));
  const int64_t columns = call.shape(3).back();
  if (columns > s.total_length() && columns != 1)
    return call.error("{} has {} columns, expected at most {}", call.operand(3), columns, s.total_length());
  return call.need_broadcast_to(3, {s.batch, s.q_heads, s.q_length, columns});
}

Result<> check_operands(const Call& call, const AttentionSizes& s) {
  ASSAY_TRY_VOID(call.need_floating(0));
  for (const size_t i : {1, 2, 4, 5})
    if (call.given(i)) ASSAY_TRY_VOID(call.need_same_type(0, i));
  if (call.given(6)) {
    if (call.given(4)) return call.error("nonpad_kv_seqlen cannot be given with past_key");
    ASSAY_TRY_VOID(call.need_index(6));
    ASSAY_TRY_VOID(call.need_shape(6, {s.batch}));
  }
  const int64_t mode = call.node().integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) return call.error("attribute qk_matmul_output_mode is {}, expected 0 to 3", mode);
  return check_mask(call, s);
}

}  // namespace

Result<AttentionSizes> attention_sizes(const Graph& graph, const Node& node) {
  const Operator* op = find_operator("Attention");
  return sizes(Call(graph, node, *op));
}

Types infer_attention(const Call& call) {
  ASSAY_TRY(const AttentionSizes s, sizes(call));
  ASSAY_TRY_VOID(check_operands(call, s));
  const DType dtype = call.dtype(0);
  const Shape y = s.split_heads ? Shape{s.batch, s.q_heads, s.q_length, s.v_head_size}
                                : Shape{s.batch, s.q_length, s.q_heads * s.v_head_size};
  return std::vector<TypedShape>{{dtype, y},
                                 {dtype, {s.batch, s.kv_heads, s.total_length(), s.head_size}},
                                 {dtype, {s.batch, s.kv_heads, s.total_length(), s.v_head_size}},
                                 {dtype, {s.batch, s.q_heads, s.q_length, s.total_length()}}};
}

Types infer_rotary_embedding(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_rank(0, 3, 4));
  const Shape& x = call.shape(0);
  const bool split = x.size() == 4;
  const int64_t heads = split ? x[1] : call.node().integer("num_heads", 0);
  if (heads <= 0) return call.error("attribute num_heads must be given with a 3-dimensional input");
  if (!split && x[2] % heads != 0)
    return call.error("{} has {} columns, expected a multiple of num_heads {}", call.operand(0), x[2], heads);
  const int64_t head_size = split ? x[3] : x[2] / heads;
  const int64_t rotated = call.node().integer("rotary_embedding_dim", 0);
  const int64_t width = rotated == 0 ? head_size : rotated;
  if (width < 0 || width > head_size || width % 2 != 0)
    return call.error("{} of {} columns of a head are rotated, expected an even number of them", width,
                      head_size);
  const int64_t length = split ? x[2] : x[1];
  Shape cache{x[0], length, width / 2};
  if (call.given(3)) {
    ASSAY_TRY_VOID(call.need_index(3));
    ASSAY_TRY_VOID(call.need_shape(3, {x[0], length}));
    ASSAY_TRY_VOID(call.need_rank(1, 2, 2));
    cache = {call.shape(1)[0], width / 2};
  }
  for (const size_t i : {1, 2}) {
    ASSAY_TRY_VOID(call.need_same_type(0, i));
    ASSAY_TRY_VOID(call.need_shape(i, cache));
  }
  return one(call.dtype(0), x);
}

}  // namespace assay::graph
