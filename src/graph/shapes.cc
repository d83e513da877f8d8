#include "graph/shapes.h"

#include <algorithm>

#include "graph/call.h"

namespace assay::graph {

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

Result<std::vector<TypedShape>> infer(const Graph& graph, const Node& node) {
  const Operator* op = find_operator(node.op);
  ASSAY_CHECK(op != nullptr, "node {} was not checked", node.name);
  auto types = op->infer(Call(graph, node, *op));
  ASSAY_CHECK(!types || types->size() >= node.outputs.size(), "{} infers {} outputs of {}", node.op,
              types->size(), node.outputs.size());
  return types;
}

}  // namespace assay::graph
