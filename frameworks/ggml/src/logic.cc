// Truth values, which are 0 and 1 in float32, since ggml has no type for them: comparisons, what is made of
// them, and the choice between two tensors.
#include <array>
#include <limits>
#include <numeric>

#include "broadcast.h"
#include "numbers.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::tensor::DType;
using assay::tensor::element_count;
using assay::tensor::Shape;

ggml_tensor* negation(Emitter& emitter, ggml_tensor* x) {
  return ggml_scale_bias(emitter.context(), x, -1, 1);
}

// Whether a < b; of what is no number never.
ggml_tensor* less_than(Emitter& emitter, ggml_tensor* a, ggml_tensor* b) {
  return ggml_step(emitter.context(), ggml_sub(emitter.context(), b, a));
}

ggml_tensor* is_number(Emitter& emitter, ggml_tensor* x) {
  return ggml_step(emitter.context(),
                   ggml_scale_bias(emitter.context(), ggml_abs(emitter.context(), x), 1, 1));
}

// The difference of infinities is no number and has no sign, so numbers are asked for by themselves.
ggml_tensor* same(Emitter& emitter, ggml_tensor* a, ggml_tensor* b, bool floating) {
  ggml_context* context = emitter.context();
  ggml_tensor* differs = ggml_step(context, ggml_abs(context, ggml_sub(context, a, b)));
  if (!floating) return negation(emitter, differs);
  ggml_tensor* numbers = ggml_mul(context, is_number(emitter, a), is_number(emitter, b));
  return ggml_mul(context, negation(emitter, differs), numbers);
}

enum class Comparison : uint8_t { equal, less, less_or_equal, greater, greater_or_equal };

template <Comparison kComparison>
ggml_tensor* compare(Emitter& emitter, const Node& node) {
  ggml_tensor* a = stretched(emitter, node, 0);
  ggml_tensor* b = stretched(emitter, node, 1);
  const bool floating = emitter.graph().value(node.inputs[0]).dtype == DType::f32;
  if (kComparison == Comparison::equal) return same(emitter, a, b, floating);
  if (kComparison == Comparison::greater || kComparison == Comparison::greater_or_equal) std::swap(a, b);
  ggml_tensor* less = less_than(emitter, a, b);
  if (kComparison == Comparison::less || kComparison == Comparison::greater) return less;
  return ggml_add(emitter.context(), less, same(emitter, a, b, floating));
}

ggml_tensor* logical_and(Emitter& emitter, const Node& node) {
  return ggml_mul(emitter.context(), stretched(emitter, node, 0), stretched(emitter, node, 1));
}

ggml_tensor* logical_or(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  return ggml_step(context, ggml_add(context, stretched(emitter, node, 0), stretched(emitter, node, 1)));
}

ggml_tensor* logical_xor(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  return ggml_abs(context, ggml_sub(context, stretched(emitter, node, 0), stretched(emitter, node, 1)));
}

ggml_tensor* logical_not(Emitter& emitter, const Node& node) {
  return negation(emitter, emitter.input(node, 0));
}

ggml_tensor* is_nan(Emitter& emitter, const Node& node) {
  return negation(emitter, is_number(emitter, emitter.input(node, 0)));
}

// Beyond the largest number, on the sides that are asked for.
ggml_tensor* is_infinite(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const bool up = node.integer("detect_positive", 1) != 0, down = node.integer("detect_negative", 1) != 0;
  ggml_tensor* x = emitter.input(node, 0);
  if (!up && !down) return emitter.filled(output_shape(emitter, node), 0);
  if (up && down) x = ggml_abs(context, x);
  return ggml_step(context, ggml_scale_bias(context, x, up ? 1 : -1, -std::numeric_limits<float>::max()));
}

// Elements by index from both tensors, one behind the other in each row: a product with 0 would make no
// number of an infinity. ggml's backward takes rows of a matrix only, which is one row of all elements.
ggml_tensor* where(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Shape& shape = output_shape(emitter, node);
  const int64_t all = element_count(shape);
  const int64_t columns = shape.empty() || emitter.gradients() ? all : shape.back(), rows = all / columns;
  Tensor counted(DType::f32, {1, columns});
  std::iota(counted.mutable_data<float>().begin(), counted.mutable_data<float>().end(), 0.0F);
  ggml_tensor* condition = emitter.reshaped(stretched(emitter, node, 0), {rows, columns});
  ggml_tensor* place = ggml_scale(context, condition, static_cast<float>(columns));
  place = ggml_cast(context, ggml_add(context, place, emitter.constant(counted)), GGML_TYPE_I32);
  const std::array otherwise_and_then = {stretched(emitter, node, 2), stretched(emitter, node, 1)};
  ggml_tensor* both = emitter.reshaped(joined(emitter, otherwise_and_then, rows, 1), {rows, 2 * columns, 1});
  return emitter.reshaped(ggml_get_rows(context, both, place), shape);
}

std::string refuse_where(const Graph& graph, const Node& node, bool gradients) {
  const Shape& shape = graph.value(node.outputs[0]).shape;
  const int64_t columns = shape.empty() || gradients ? element_count(shape) : shape.back();
  return 2 * columns > kLargestInteger ? "an index beyond 2^24, which float32 does not count exactly" : "";
}

std::string refuse_cast(const Graph& graph, const Node& node, bool gradients) {
  return gradients && graph.value(node.outputs[0]).dtype != DType::f32 ? "ggml has no backward for it" : "";
}

ggml_tensor* cast(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const DType from = emitter.graph().value(node.inputs[0]).dtype,
              to = emitter.graph().value(node.outputs[0]).dtype;
  ggml_tensor* x = emitter.input(node, 0);
  if (to == DType::boolean && from != DType::boolean) return ggml_step(context, ggml_abs(context, x));
  return from == DType::f32 && is_integer(to) ? ggml_trunc(context, x) : x;
}

}  // namespace

std::vector<Operator> logic_operators() {
  return {
      {"And", nullptr, logical_and},
      {"Cast", refuse_cast, cast, kIntegers | kAnyRank},
      {"Equal", nullptr, compare<Comparison::equal>},
      {"Greater", nullptr, compare<Comparison::greater>},
      {"GreaterOrEqual", nullptr, compare<Comparison::greater_or_equal>},
      {"IsInf", nullptr, is_infinite, kAnyRank},
      {"IsNaN", nullptr, is_nan, kAnyRank},
      {"Less", nullptr, compare<Comparison::less>},
      {"LessOrEqual", nullptr, compare<Comparison::less_or_equal>},
      {"Not", nullptr, logical_not, kAnyRank},
      {"Or", nullptr, logical_or},
      {"Where", refuse_where, where, kIntegers},
      {"Xor", nullptr, logical_xor},
  };
}

}  // namespace ggml_runner
