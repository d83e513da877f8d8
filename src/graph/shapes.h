// Type and shape inference: what a node's outputs are, from its inputs' types and shapes, its attributes, and
// the values of its constant operands (the target of a Reshape, the axes of a reduction). Semantics are those
// of ONNX opset 24.
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace assay::graph {

// No tensor that fits a machine has more elements, and sums of such dimensions do not overflow. Larger ones
// are refused.
inline constexpr int64_t kMostElements = int64_t{1} << 40;

struct TypedShape {
  DType dtype = DType::f32;
  Shape shape;
};

// The types of all outputs of a node of a graph, in order, wanted or not. The node's form was checked
// (check_form). Fails (data) naming node, operator, the operand and what was expected.
[[nodiscard]] Result<std::vector<TypedShape>> infer(const Graph& graph, const Node& node);

// The common shape of two under numpy's broadcasting, or nothing.
[[nodiscard]] std::optional<Shape> broadcast(const Shape& a, const Shape& b);

}  // namespace assay::graph
