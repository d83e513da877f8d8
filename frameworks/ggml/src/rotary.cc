// The rotary embedding: by ggml's rope where the tables are those of one, else by the products themselves.
#include <array>
#include <numeric>

#include "operators.h"
#include "rotation.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::tensor::DType;
using assay::tensor::Shape;

struct Sizes {
  int64_t batch, length, heads, size, pairs;
  bool heads_outside;  // [batch, heads, length, size] rather than [batch, length, heads * size]
  bool interleaved;    // element 2i goes with 2i + 1, else i with i + pairs
};

Sizes sizes_of(const Graph& graph, const Node& node) {
  const Shape& shape = shape_of(graph, node, 0);
  const bool outside = shape.size() == 4, interleaved = node.integer("interleaved", 0) != 0;
  const int64_t pairs = shape_of(graph, node, 1).back();
  if (outside) return {shape[0], shape[2], shape[1], shape[3], pairs, outside, interleaved};
  const int64_t heads = node.integer("num_heads", 1);
  return {shape[0], shape[1], heads, shape[2] / heads, pairs, outside, interleaved};
}

// [batch, length, heads, size]
ggml_tensor* by_position(Emitter& emitter, const Node& node, const Sizes& s) {
  ggml_tensor* x = emitter.input(node, 0);
  if (s.heads_outside) x = emitter.transposed(x, {s.batch, s.heads, s.length, s.size}, {0, 2, 1, 3});
  return emitter.reshaped(x, {s.batch, s.length, s.heads, s.size});
}

// `count` numbers from `first` on.
Tensor counted(int64_t first, int64_t count) {
  Tensor numbers(DType::i32, {count});
  std::iota(numbers.mutable_data<int32_t>().begin(), numbers.mutable_data<int32_t>().end(),
            static_cast<int32_t>(first));
  return numbers;
}

// ggml divides the position by a factor for each pair: with a base of 1 the factors are all there is.
ggml_tensor* by_rope(Emitter& emitter, ggml_tensor* x, const Sizes& s, const Rotation& rotation) {
  Tensor factors(DType::f32, {s.pairs});
  for (size_t i = 0; i < static_cast<size_t>(s.pairs); ++i)
    factors.mutable_data<float>()[i] = static_cast<float>(1 / rotation.frequencies[i]);
  // Positions of a step are of each token of each sequence: these are one sequence to ggml.
  const bool given = rotation.positions != kAbsent;
  const int64_t batch = given ? 1 : s.batch, length = given ? s.batch * s.length : s.length;
  x = emitter.reshaped(x, {batch, length, s.heads, s.size});
  ggml_tensor* positions =
      given ? emitter.indices(rotation.positions, 0) : emitter.constant(counted(rotation.first, length));
  return ggml_rope_ext(emitter.context(), x, positions, emitter.constant(factors),
                       static_cast<int>(2 * s.pairs),
                       s.interleaved ? GGML_ROPE_TYPE_NORMAL : GGML_ROPE_TYPE_NEOX, 0, 1.0F, 1.0F, 0.0F,
                       static_cast<float>(rotation.scale), 0.0F, 0.0F);
}

// A table's rows for each token, [tokens, 1, pairs], which hold for all heads.
ggml_tensor* rows_of(Emitter& emitter, const Node& node, const Sizes& s, size_t table) {
  ggml_tensor* rows = emitter.input(node, table);
  if (node.input(3) != kAbsent) {
    const int64_t length = shape_of(emitter.graph(), node, table)[0];
    rows =
        taken(emitter, rows, {.length = length, .inner = s.pairs}, emitter.indices(node.inputs[3], length));
  }
  return emitter.reshaped(rows, {s.batch * s.length, 1, s.pairs});
}

// One element of each pair, [tokens, heads, pairs].
ggml_tensor* half_of(Emitter& emitter, ggml_tensor* x, const Sizes& s, int64_t which) {
  const int64_t all = s.batch * s.length * s.heads;
  const Along axis = s.interleaved ? Along{all * s.pairs, 2, 1} : Along{all, 2, s.pairs};
  return emitter.reshaped(part(emitter, x, axis, which, 1), {s.batch * s.length, s.heads, s.pairs});
}

ggml_tensor* by_products(Emitter& emitter, const Node& node, ggml_tensor* x, const Sizes& s) {
  ggml_context* context = emitter.context();
  const int64_t all = s.batch * s.length * s.heads, turning = 2 * s.pairs;
  const Along columns{all, s.size, 1};
  ggml_tensor* turned = s.size == turning ? x : part(emitter, x, columns, 0, turning);
  ggml_tensor* a = half_of(emitter, turned, s, 0);
  ggml_tensor* b = half_of(emitter, turned, s, 1);
  ggml_tensor* cosine = rows_of(emitter, node, s, 1);
  ggml_tensor* sine = rows_of(emitter, node, s, 2);
  const std::array both = {ggml_sub(context, ggml_mul(context, a, cosine), ggml_mul(context, b, sine)),
                           ggml_add(context, ggml_mul(context, a, sine), ggml_mul(context, b, cosine))};
  turned = s.interleaved ? joined(emitter, both, all * s.pairs, 1) : joined(emitter, both, all, s.pairs);
  if (s.size == turning) return turned;
  const std::array whole = {turned, part(emitter, x, columns, turning, s.size - turning)};
  return joined(emitter, whole, all, 1);
}

ggml_tensor* rotary(Emitter& emitter, const Node& node) {
  const Sizes s = sizes_of(emitter.graph(), node);
  const auto rotation = rotation_of(emitter.graph(), node);
  ggml_tensor* x = by_position(emitter, node, s);
  x = rotation ? by_rope(emitter, x, s, *rotation) : by_products(emitter, node, x, s);
  if (s.heads_outside) x = emitter.transposed(x, {s.batch, s.length, s.heads, s.size}, {0, 2, 1, 3});
  return emitter.reshaped(x, output_shape(emitter, node));
}

}  // namespace

std::vector<Operator> rotary_operators() { return {{"RotaryEmbedding", nullptr, rotary}}; }

}  // namespace ggml_runner
