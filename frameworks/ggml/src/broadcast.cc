#include "broadcast.h"

#include <algorithm>
#include <limits>

#include "numbers.h"
#include "shaping.h"

namespace ggml_runner {

using assay::graph::Role;
using assay::tensor::element_count;
using assay::tensor::Shape;

namespace {

Shape widened(const Shape& shape, size_t rank) {
  Shape result(rank - shape.size(), 1);
  result.insert(result.end(), shape.begin(), shape.end());
  return result;
}

// The shapes of two operands with neighbouring axes as one where both are whole or the same is repeated.
std::pair<Shape, Shape> merged(const Shape& first, const Shape& second) {
  const size_t rank = std::max(first.size(), second.size());
  const Shape a = widened(first, rank), b = widened(second, rank);
  std::pair<Shape, Shape> result;
  int last = -1;
  for (size_t axis = 0; axis < rank; ++axis) {
    if (a[axis] == 1 && b[axis] == 1) continue;
    const int kind = a[axis] == b[axis] ? 0 : a[axis] == 1 ? 1 : 2;
    if (kind != last) {
      result.first.push_back(1);
      result.second.push_back(1);
    }
    result.first.back() *= a[axis];
    result.second.back() *= b[axis];
    last = kind;
  }
  return result;
}

}  // namespace

std::string refuse_broadcast(const Graph& graph, const Node& node, bool) {
  if (merged(shape_of(graph, node, 0), shape_of(graph, node, 1)).first.size() <= GGML_MAX_DIMS) return {};
  return "ggml repeats along four axes at most";
}

std::pair<ggml_tensor*, ggml_tensor*> operands(Emitter& emitter, const Node& node, size_t i, size_t j) {
  ggml_tensor* a = emitter.input(node, i);
  ggml_tensor* b = emitter.input(node, j);
  const Shape& first = shape_of(emitter.graph(), node, i);
  const Shape& second = shape_of(emitter.graph(), node, j);
  if (std::max(first.size(), second.size()) <= GGML_MAX_DIMS) return {a, b};
  const auto shapes = merged(first, second);
  return {emitter.reshaped(a, shapes.first), emitter.reshaped(b, shapes.second)};
}

ggml_tensor* repeated_to_both(Emitter& emitter, ggml_tensor* a, const ggml_tensor* b) {
  const auto both = [&](size_t dimension) { return std::max(a->ne[dimension], b->ne[dimension]); };
  return ggml_repeat_4d(emitter.context(), a, both(0), both(1), both(2), both(3));
}

ggml_tensor* stretched(Emitter& emitter, const Node& node, size_t i) {
  const auto ne = dimensions(output_shape(emitter, node));
  ggml_tensor* x = emitter.input(node, i);
  if (std::ranges::equal(ne, std::span(x->ne))) return x;
  return ggml_repeat_4d(emitter.context(), x, ne[0], ne[1], ne[2], ne[3]);
}

ggml_tensor* clamped_by_a_number(Emitter& emitter, const Node& node, bool larger) {
  if (node.inputs.size() != 2) return nullptr;
  for (const size_t i : {0U, 1U}) {
    const Value& value = emitter.graph().value(node.inputs[i]);
    if (value.role != Role::constant || element_count(value.shape) != 1) continue;
    if (shape_of(emitter.graph(), node, 1 - i) != output_shape(emitter, node)) continue;
    const float number = as_float32(value.data).data<float>()[0];
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    return ggml_clamp(emitter.context(), emitter.input(node, 1 - i), larger ? number : -kInfinity,
                      larger ? kInfinity : number);
  }
  return nullptr;
}

}  // namespace ggml_runner
