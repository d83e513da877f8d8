// Operators that move elements. Every result is contiguous, as ggml's other operators want it.
#include <algorithm>
#include <array>

#include "graph/slice.h"
#include "operators.h"

namespace ggml_runner {
namespace {

using assay::graph::Role;
using assay::tensor::DType;
using assay::tensor::Shape;

ggml_tensor* reshape(Emitter& emitter, const Node& node) {
  return emitter.reshaped(emitter.input(node, 0), output_shape(emitter, node));
}

ggml_tensor* transpose(Emitter& emitter, const Node& node) {
  std::vector<int64_t> reversed;
  for (size_t i = output_shape(emitter, node).size(); i > 0; --i)
    reversed.push_back(static_cast<int64_t>(i - 1));
  return emitter.transposed(emitter.input(node, 0), node.integers("perm", reversed));
}

size_t axis_of(const Graph& graph, const Node& node, int64_t otherwise) {
  const int64_t axis = node.integer("axis", otherwise);
  const auto rank = static_cast<int64_t>(graph.value(node.inputs[0]).shape.size());
  return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

ggml_tensor* concat(Emitter& emitter, const Node& node) {
  const size_t rank = output_shape(emitter, node).size();
  const int dimension = static_cast<int>(rank - 1 - axis_of(emitter.graph(), node, 0));
  ggml_tensor* joined = emitter.input(node, 0);
  for (size_t i = 1; i < node.inputs.size(); ++i)
    joined = ggml_concat(emitter.context(), joined, emitter.input(node, i), dimension);
  return joined;
}

// `count` entries of dimension `axis` from `start`.
ggml_tensor* part(Emitter& emitter, ggml_tensor* whole, size_t dimension, int64_t start, int64_t count) {
  std::array<int64_t, GGML_MAX_DIMS> ne{};
  std::copy_n(whole->ne, GGML_MAX_DIMS, ne.begin());
  ne[dimension] = count;
  ggml_tensor* view =
      ggml_view_4d(emitter.context(), whole, ne[0], ne[1], ne[2], ne[3], whole->nb[1], whole->nb[2],
                   whole->nb[3], static_cast<size_t>(start) * whole->nb[dimension]);
  return emitter.contiguous(view);
}

ggml_tensor* split(Emitter& emitter, const Node& node) {
  const size_t rank = output_shape(emitter, node).size();
  const size_t axis = axis_of(emitter.graph(), node, 0);
  ggml_tensor* first = nullptr;
  int64_t start = 0;
  for (const ValueId output : node.outputs) {
    const int64_t count = emitter.graph().value(output).shape[axis];
    ggml_tensor* made = part(emitter, emitter.input(node, 0), rank - 1 - axis, start, count);
    emitter.set(output, made);
    if (!first) first = made;
    start += count;
  }
  return first;
}

std::string refuse_split(const Graph&, const Node& node, bool) {
  return std::ranges::count(node.outputs, assay::graph::kAbsent) > 0 ? "every part must be wanted" : "";
}

std::vector<assay::graph::SliceRange> ranges_of(const Graph& graph, const Node& node) {
  return assay::graph::slice_ranges(graph, node).value_or(std::vector<assay::graph::SliceRange>());
}

std::string refuse_slice(const Graph& graph, const Node& node, bool) {
  const bool strided =
      std::ranges::any_of(ranges_of(graph, node), [](const auto& range) { return range.step != 1; });
  return strided ? "a view of ggml has steps of 1" : "";
}

ggml_tensor* slice(Emitter& emitter, const Node& node) {
  ggml_tensor* result = emitter.input(node, 0);
  const auto ranges = ranges_of(emitter.graph(), node);
  for (size_t axis = 0; axis < ranges.size(); ++axis) {
    const size_t dimension = ranges.size() - 1 - axis;
    if (ranges[axis].count != result->ne[dimension])
      result = part(emitter, result, dimension, ranges[axis].start, ranges[axis].count);
  }
  return result;
}

ggml_tensor* expand(Emitter& emitter, const Node& node) {
  const auto ne = dimensions(output_shape(emitter, node));
  return ggml_repeat_4d(emitter.context(), emitter.input(node, 0), ne[0], ne[1], ne[2], ne[3]);
}

ggml_tensor* identity(Emitter& emitter, const Node& node) { return emitter.input(node, 0); }

}  // namespace

std::vector<Operator> layout_operators() {
  return {
      {"Concat", nullptr, concat, false}, {"Expand", nullptr, expand},   {"Flatten", nullptr, reshape},
      {"Identity", nullptr, identity},    {"Reshape", nullptr, reshape}, {"Slice", refuse_slice, slice},
      {"Split", refuse_split, split},     {"Squeeze", nullptr, reshape}, {"Transpose", nullptr, transpose},
      {"Unsqueeze", nullptr, reshape},
  };
}

}  // namespace ggml_runner
