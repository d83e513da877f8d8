// Operators that add to a tensor's edges or take from its corners.
#include <algorithm>

#include "graph/slice.h"
#include "numbers.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::PadRange;
using assay::graph::Role;
using assay::tensor::Shape;

std::vector<PadRange> ranges_of(const Graph& graph, const Node& node) {
  return assay::graph::pad_ranges(graph, node).value_or(std::vector<PadRange>());
}

// What is padded with; null for zeros.
ggml_tensor* padding_of(Emitter& emitter, const Node& node) {
  if (node.input(2) == kAbsent) return nullptr;
  const Value& value = emitter.graph().value(node.input(2));
  ggml_tensor* tensor = emitter.input(node, 2);
  const bool known = value.role == Role::constant;
  return known && as_float32(value.data).data<float>()[0] == 0 ? nullptr : tensor;
}

// One axis, continued by one number on both sides.
ggml_tensor* with_number(Emitter& emitter, ggml_tensor* x, const Along& axis, const PadRange& range,
                         ggml_tensor* number) {
  std::vector<ggml_tensor*> parts;
  const auto block = [&](int64_t count) {
    if (count > 0)
      parts.push_back(ggml_repeat_4d(emitter.context(), number, axis.inner, count, axis.outer, 1));
  };
  block(range.before);
  parts.push_back(x);
  block(range.after);
  return joined(emitter, parts, axis.outer, axis.inner);
}

ggml_tensor* with_constant(Emitter& emitter, ggml_tensor* x, Along axis, PadRange range,
                           ggml_tensor* number) {
  if (range.before < 0 || range.after < 0) {
    const int64_t start = std::max<int64_t>(0, -range.before);
    const int64_t count = axis.length - start - std::max<int64_t>(0, -range.after);
    x = part(emitter, x, axis, start, count);
    axis.length = count;
    range = {std::max<int64_t>(0, range.before), std::max<int64_t>(0, range.after)};
  }
  if (number) return with_number(emitter, x, axis, range, number);
  return padded(emitter, x, axis, range.before, range.after);
}

// Mirrored along the last axis by ggml's own operator, which has no backward; else by places.
ggml_tensor* continued(Emitter& emitter, ggml_tensor* x, const Along& axis, const PadRange& range,
                       const std::string& mode) {
  const bool within =
      std::min(range.before, range.after) >= 0 && std::max(range.before, range.after) < axis.length;
  if (mode == "reflect" && axis.inner == 1 && within && !emitter.gradients())
    return ggml_pad_reflect_1d(emitter.context(), emitter.reshaped(x, {axis.outer, axis.length}),
                               static_cast<int>(range.before), static_cast<int>(range.after));
  return taken(emitter, x, axis, assay::graph::padded_indices(range, axis.length, mode));
}

ggml_tensor* pad(Emitter& emitter, const Node& node) {
  const std::string mode = node.text("mode", "constant");
  const auto ranges = ranges_of(emitter.graph(), node);
  ggml_tensor* number = padding_of(emitter, node);
  ggml_tensor* x = emitter.input(node, 0);
  Shape shape = shape_of(emitter.graph(), node, 0);
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].before == 0 && ranges[i].after == 0) continue;
    const Along axis = along(shape, i);
    x = mode == "constant" ? with_constant(emitter, x, axis, ranges[i], number)
                           : continued(emitter, x, axis, ranges[i], mode);
    shape[i] += ranges[i].before + ranges[i].after;
  }
  return emitter.reshaped(x, shape);
}

int64_t diagonal_of(const Graph& graph, const Node& node) {
  return node.input(1) == kAbsent ? 0 : graph.value(node.input(1)).data.data<int64_t>()[0];
}

// ggml's tri knows the diagonals of square matrices, so a matrix lies in a square one, moved so that the
// diagonal is the main one.
ggml_tensor* triangle_of(Emitter& emitter, ggml_tensor* x, int64_t batch, int64_t rows, int64_t columns,
                         int64_t diagonal, bool upper) {
  const int64_t left = std::max<int64_t>(0, -diagonal), top = std::max<int64_t>(0, diagonal);
  const int64_t size = std::max(rows + top, columns + left);
  x = padded(emitter, x, {batch * rows, columns, 1}, left, size - columns - left);
  x = padded(emitter, x, {batch, rows, size}, top, size - rows - top);
  x = ggml_tri(emitter.context(), emitter.reshaped(x, {batch, size, size}),
               upper ? GGML_TRI_TYPE_UPPER_DIAG : GGML_TRI_TYPE_LOWER_DIAG);
  if (size != rows) x = part(emitter, x, {batch, size, size}, top, rows);
  return size == columns ? x : part(emitter, x, {batch * rows, size, 1}, left, columns);
}

// A product with ones and zeros, which has a backward.
ggml_tensor* masked(Emitter& emitter, ggml_tensor* x, int64_t diagonal, bool upper) {
  Tensor mask(assay::tensor::DType::f32, {x->ne[1], x->ne[0]});
  auto kept = mask.mutable_data<float>().begin();
  for (int64_t row = 0; row < x->ne[1]; ++row)
    for (int64_t column = 0; column < x->ne[0]; ++column)
      *kept++ = (upper ? column >= row + diagonal : column <= row + diagonal) ? 1 : 0;
  return ggml_mul(emitter.context(), x, emitter.constant(mask));
}

ggml_tensor* trilu(Emitter& emitter, const Node& node) {
  const Shape& shape = output_shape(emitter, node);
  const int64_t rows = shape[shape.size() - 2], columns = shape.back();
  const int64_t batch = along(shape, shape.size() - 2).outer, diagonal = diagonal_of(emitter.graph(), node);
  const bool upper = node.integer("upper", 1) != 0;
  ggml_tensor* x = emitter.input(node, 0);
  x = emitter.gradients() ? masked(emitter, x, diagonal, upper)
                          : triangle_of(emitter, x, batch, rows, columns, diagonal, upper);
  return emitter.reshaped(x, shape);
}

}  // namespace

std::vector<Operator> padding_operators() {
  return {
      {"Pad", nullptr, pad, kIntegers | kAnyRank},
      {"Trilu", nullptr, trilu, kIntegers | kAnyRank},
  };
}

}  // namespace ggml_runner
