// Operators that move elements. Every result is contiguous, as ggml's other operators want it.
#include <algorithm>

#include "graph/slice.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::SliceRange;
using assay::tensor::Shape;

ggml_tensor* reshape(Emitter& emitter, const Node& node) {
  return emitter.reshaped(emitter.input(node, 0), output_shape(emitter, node));
}

ggml_tensor* transpose(Emitter& emitter, const Node& node) {
  std::vector<int64_t> backwards;
  for (size_t i = output_shape(emitter, node).size(); i > 0; --i)
    backwards.push_back(static_cast<int64_t>(i - 1));
  ggml_tensor* moved = emitter.transposed(emitter.input(node, 0), shape_of(emitter.graph(), node, 0),
                                          node.integers("perm", backwards));
  return emitter.reshaped(moved, output_shape(emitter, node));
}

ggml_tensor* concat(Emitter& emitter, const Node& node) {
  const Along axis = along(output_shape(emitter, node), axis_of(emitter.graph(), node, 0));
  std::vector<ggml_tensor*> parts;
  for (size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(emitter.input(node, i));
  return emitter.reshaped(joined(emitter, parts, axis.outer, axis.inner), output_shape(emitter, node));
}

ggml_tensor* split(Emitter& emitter, const Node& node) {
  const size_t number = axis_of(emitter.graph(), node, 0);
  const Along axis = along(shape_of(emitter.graph(), node, 0), number);
  int64_t start = 0;
  for (const ValueId output : node.outputs) {
    const Shape& shape = emitter.graph().value(output).shape;
    ggml_tensor* made = part(emitter, emitter.input(node, 0), axis, start, shape[number]);
    emitter.set(output, emitter.reshaped(made, shape));
    start += shape[number];
  }
  return emitter.tensor(node.outputs[0]);
}

std::string refuse_split(const Graph&, const Node& node, bool) {
  return std::ranges::count(node.outputs, kAbsent) > 0 ? "every part must be wanted" : "";
}

// One axis: forwards as a view, backwards by places.
ggml_tensor* sliced(Emitter& emitter, ggml_tensor* x, const Along& axis, const SliceRange& range) {
  if (range.step > 0) return part(emitter, x, axis, range.start, range.count, range.step);
  std::vector<int64_t> places;
  for (int64_t i = 0; i < range.count; ++i) places.push_back(range.start + i * range.step);
  return taken(emitter, x, axis, places);
}

ggml_tensor* slice(Emitter& emitter, const Node& node) {
  ggml_tensor* result = emitter.input(node, 0);
  Shape shape = shape_of(emitter.graph(), node, 0);
  const auto ranges =
      assay::graph::slice_ranges(emitter.graph(), node).value_or(std::vector<SliceRange>(shape.size()));
  for (size_t axis = 0; axis < ranges.size(); ++axis) {
    if (ranges[axis].count == shape[axis] && ranges[axis].step == 1) continue;
    result = sliced(emitter, result, along(shape, axis), ranges[axis]);
    shape[axis] = ranges[axis].count;
  }
  return emitter.reshaped(result, shape);
}

// ggml's repeat sets copies of a whole one beside each other, as Tile does; Expand repeats axes of 1.
ggml_tensor* repeat(Emitter& emitter, const Node& node) {
  const auto ne = dimensions(output_shape(emitter, node));
  return ggml_repeat_4d(emitter.context(), emitter.input(node, 0), ne[0], ne[1], ne[2], ne[3]);
}

ggml_tensor* identity(Emitter& emitter, const Node& node) { return emitter.input(node, 0); }

// [N, b, b, C, H, W] or [N, C, b, b, H, W] to [N, C, H, b, W, b].
ggml_tensor* depth_to_space(Emitter& emitter, const Node& node) {
  const Shape& from = shape_of(emitter.graph(), node, 0);
  const int64_t block = node.integer("blocksize", 1), channels = from[1] / block / block;
  const bool depth_first = node.text("mode", "DCR") == "DCR";
  const Shape split = depth_first ? Shape{from[0], block, block, channels, from[2], from[3]}
                                  : Shape{from[0], channels, block, block, from[2], from[3]};
  ggml_tensor* moved = emitter.transposed(
      emitter.input(node, 0), split,
      depth_first ? std::vector<int64_t>{0, 3, 4, 1, 5, 2} : std::vector<int64_t>{0, 1, 4, 2, 5, 3});
  return emitter.reshaped(moved, output_shape(emitter, node));
}

// [N, C, H, b, W, b] to [N, b, b, C, H, W].
ggml_tensor* space_to_depth(Emitter& emitter, const Node& node) {
  const Shape& from = shape_of(emitter.graph(), node, 0);
  const int64_t block = node.integer("blocksize", 1);
  const Shape split = {from[0], from[1], from[2] / block, block, from[3] / block, block};
  ggml_tensor* moved = emitter.transposed(emitter.input(node, 0), split, {0, 3, 5, 1, 2, 4});
  return emitter.reshaped(moved, output_shape(emitter, node));
}

constexpr unsigned kAll = kIntegers | kAnyRank;

}  // namespace

std::vector<Operator> layout_operators() {
  return {
      {"Concat", nullptr, concat, kAll},      {"DepthToSpace", nullptr, depth_to_space, kAll},
      {"Expand", nullptr, repeat, kIntegers}, {"Flatten", nullptr, reshape, kAll},
      {"Identity", nullptr, identity, kAll},  {"Reshape", nullptr, reshape, kAll},
      {"Slice", nullptr, slice, kAll},        {"SpaceToDepth", nullptr, space_to_depth, kAll},
      {"Split", refuse_split, split, kAll},   {"Squeeze", nullptr, reshape, kAll},
      {"Tile", nullptr, repeat, kIntegers},   {"Transpose", nullptr, transpose, kAll},
      {"Unsqueeze", nullptr, reshape, kAll},
  };
}

}  // namespace ggml_runner
