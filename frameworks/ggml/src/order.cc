// Operators of order: the largest and its place, sorted values, sums up to each place.
#include <algorithm>
#include <numeric>

#include "numbers.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::tensor::DType;
using assay::tensor::Shape;

Along axis_along(Emitter& emitter, const Node& node, int64_t otherwise) {
  return along(shape_of(emitter.graph(), node, 0), axis_of(emitter.graph(), node, otherwise));
}

// The place of each row's largest element, int32: ggml finds the last of equal ones, so for the first the row
// is turned round, and a table says what each place was before.
ggml_tensor* place_of_largest(Emitter& emitter, ggml_tensor* rows, bool last) {
  ggml_context* context = emitter.context();
  if (last) return ggml_argmax(context, rows);
  const int64_t count = rows->ne[0];
  const Along columns{.outer = rows->ne[1], .length = count, .inner = 1};
  rows = emitter.reshaped(reversed(emitter, rows, columns), {columns.outer, count});
  Tensor before(DType::i32, {count, 1});
  std::iota(before.mutable_data<int32_t>().rbegin(), before.mutable_data<int32_t>().rend(), 0);
  ggml_tensor* found = ggml_get_rows(context, emitter.constant(before), ggml_argmax(context, rows));
  return ggml_reshape_1d(context, found, columns.outer);
}

template <bool kLargest>
ggml_tensor* place_of_extreme(Emitter& emitter, const Node& node) {
  const Along axis = axis_along(emitter, node, 0);
  ggml_tensor* rows = as_rows(emitter, emitter.input(node, 0), axis);
  if (!kLargest) rows = ggml_neg(emitter.context(), rows);
  ggml_tensor* found = place_of_largest(emitter, rows, node.integer("select_last_index", 0) != 0);
  return emitter.reshaped(ggml_cast(emitter.context(), found, GGML_TYPE_F32), output_shape(emitter, node));
}

ggml_tensor* hardmax(Emitter& emitter, const Node& node) {
  const Along axis = axis_along(emitter, node, -1);
  ggml_tensor* rows = as_rows(emitter, emitter.input(node, 0), axis);
  ggml_tensor* places = place_of_largest(emitter, rows, false);
  rows = marked(emitter, emitter.filled({1}, 0), emitter.filled({1}, 1), places, axis.length);
  return emitter.reshaped(from_rows(emitter, rows, axis, axis.length), output_shape(emitter, node));
}

size_t new_axis(const Graph& graph, const Node& node) {
  const int64_t axis = node.integer("axis", -1);
  const auto rank = static_cast<int64_t>(graph.value(node.outputs[0]).shape.size());
  return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

ggml_tensor* one_hot(Emitter& emitter, const Node& node) {
  const Shape& shape = output_shape(emitter, node);
  const Along axis = along(shape, new_axis(emitter.graph(), node));
  ggml_tensor* values = emitter.input(node, 2);
  const auto value = [&](int64_t i) { return part(emitter, values, {.length = 2}, i, 1); };
  ggml_tensor* places = emitter.indices(node.inputs[0], axis.length);
  ggml_tensor* rows = marked(emitter, value(0), value(1), places, axis.length);
  return emitter.reshaped(from_rows(emitter, rows, axis, axis.length), shape);
}

ggml_tensor* top_k(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Along axis = axis_along(emitter, node, -1);
  const Shape& shape = output_shape(emitter, node);
  const int64_t count = shape[axis_of(emitter.graph(), node, -1)], all = axis.outer * axis.inner;
  ggml_tensor* rows = as_rows(emitter, emitter.input(node, 0), axis);
  const auto order = node.integer("largest", 1) != 0 ? GGML_SORT_ORDER_DESC : GGML_SORT_ORDER_ASC;
  ggml_tensor* sorted = ggml_argsort(context, rows, order);
  sorted = ggml_cont(context, ggml_view_2d(context, sorted, count, all, sorted->nb[1], 0));
  const auto back = [&](ggml_tensor* x) {
    return emitter.reshaped(from_rows(emitter, x, axis, count), shape);
  };
  if (node.output(1) != assay::graph::kAbsent)
    emitter.set(node.outputs[1], back(ggml_cast(context, sorted, GGML_TYPE_F32)));
  ggml_tensor* tables = emitter.reshaped(rows, {all, axis.length, 1});
  return back(ggml_get_rows(context, tables, sorted));
}

// Each entry of a row one place later, and 0 in the first.
ggml_tensor* moved_behind(Emitter& emitter, ggml_tensor* rows) {
  const Along columns{.outer = rows->ne[1], .length = rows->ne[0] + 1, .inner = 1};
  rows = padded(emitter, rows, {columns.outer, columns.length - 1, 1}, 1, 0);
  rows = part(emitter, rows, columns, 0, columns.length - 1);
  return emitter.reshaped(rows, {columns.outer, columns.length - 1});
}

ggml_tensor* cumulated(Emitter& emitter, const Node& node) {
  const Graph& graph = emitter.graph();
  const Shape& shape = output_shape(emitter, node);
  const int64_t given = integers_of(graph.value(node.inputs[1]).data)[0];
  const Along axis =
      along(shape, static_cast<size_t>(given < 0 ? given + static_cast<int64_t>(shape.size()) : given));
  const bool backwards = node.integer("reverse", 0) != 0;
  ggml_tensor* x = emitter.input(node, 0);
  if (backwards) x = reversed(emitter, x, axis);
  ggml_tensor* rows = as_rows(emitter, x, axis);
  if (node.integer("exclusive", 0) != 0) rows = moved_behind(emitter, rows);
  rows = ggml_cumsum(emitter.context(), rows);
  x = from_rows(emitter, rows, axis, axis.length);
  return emitter.reshaped(backwards ? reversed(emitter, x, axis) : x, shape);
}

// How far each sequence's end is from each time, [time, batch] or [batch, time].
ggml_tensor* to_the_end(Emitter& emitter, const Node& node, ggml_tensor* times, bool time_first) {
  const int64_t batch = ggml_nelements(emitter.input(node, 1));
  const Shape shape = time_first ? Shape{1, batch} : Shape{batch, 1};
  ggml_tensor* lengths = repeated(emitter, emitter.reshaped(emitter.input(node, 1), shape), times);
  return ggml_sub(emitter.context(), lengths, times);
}

// The first entries of each sequence in the other order, by their places: before a sequence's end time is
// length - 1 - time, behind it stays.
ggml_tensor* reverse_sequence(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Shape& shape = output_shape(emitter, node);
  const bool time_first = node.integer("time_axis", 0) == 0;
  const int64_t batch = time_first ? shape[1] : shape[0], count = shape[0] * shape[1];
  Tensor time(DType::f32, {shape[0], shape[1]}), start(DType::f32, {shape[0], shape[1]});
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = i / shape[1], column = i % shape[1];
    time.mutable_data<float>()[static_cast<size_t>(i)] = static_cast<float>(time_first ? row : column);
    start.mutable_data<float>()[static_cast<size_t>(i)] =
        static_cast<float>(time_first ? column : row * shape[1]);
  }
  ggml_tensor* times = emitter.constant(time);
  ggml_tensor* left = to_the_end(emitter, node, times, time_first);
  ggml_tensor* move =
      ggml_sub(context, ggml_scale_bias(context, left, 1, -1), times);  // where it is reversed
  ggml_tensor* to = ggml_add(context, times, ggml_mul(context, move, ggml_step(context, left)));
  to = ggml_add(context, ggml_scale(context, to, time_first ? static_cast<float>(batch) : 1),
                emitter.constant(start));
  ggml_tensor* places = ggml_cast(context, emitter.reshaped(to, {count}), GGML_TYPE_I32);
  const Along rows{.outer = 1, .length = count, .inner = along(shape, 1).inner};
  return emitter.reshaped(taken(emitter, emitter.input(node, 0), rows, places), shape);
}

constexpr unsigned kPlaces = kNoBackward | kIntegers | kAnyRank;

}  // namespace

std::vector<Operator> order_operators() {
  return {
      {"ArgMax", nullptr, place_of_extreme<true>, kPlaces},
      {"ArgMin", nullptr, place_of_extreme<false>, kPlaces},
      {"CumSum", nullptr, cumulated, kPlaces},
      {"Hardmax", nullptr, hardmax, kNoBackward | kAnyRank},
      {"OneHot", nullptr, one_hot, kPlaces},
      {"ReverseSequence", nullptr, reverse_sequence, kIntegers | kAnyRank},
      {"TopK", nullptr, top_k, kPlaces},
  };
}

}  // namespace ggml_runner
