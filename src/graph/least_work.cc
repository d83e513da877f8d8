// The lower bound of a step's work (cost.h).
#include <algorithm>

#include "graph/cost.h"

namespace assay::graph {
namespace {

// For every value whether it depends on a value for which `begins` holds.
template <class Predicate>
std::vector<bool> dependent(const Graph& graph, const Predicate& begins) {
  std::vector<bool> depends(graph.values().size());
  for (size_t i = 0; i < depends.size(); ++i) depends[i] = begins(graph.values()[i]);
  for (const Node& node : graph.nodes()) {
    const bool any = std::ranges::any_of(
        node.inputs, [&](ValueId id) { return id != kAbsent && depends[static_cast<size_t>(id)]; });
    for (const ValueId id : node.outputs)
      if (id != kAbsent && any) depends[static_cast<size_t>(id)] = true;
  }
  return depends;
}

bool any_of(const std::vector<ValueId>& operand, const std::vector<bool>& holds) {
  return std::ranges::any_of(operand,
                             [&](ValueId id) { return id != kAbsent && holds[static_cast<size_t>(id)]; });
}

}  // namespace

LeastWork least_work(const Graph& graph, bool gradients) {
  const auto varies = dependent(graph, [](const Value& value) { return value.role == Role::input; });
  const auto trained =
      dependent(graph, [](const Value& value) { return value.role == Role::parameter && value.trainable; });
  LeastWork least;
  for (const Node& node : graph.nodes())
    for (const Product& product : products(graph, node)) {
      double times = any_of(product.left, varies) || any_of(product.right, varies) ? 1 : 0;
      if (gradients) times = 1 + any_of(product.left, trained) + any_of(product.right, trained);
      least.flops += times * product.flops;
      least.least_flops += times * product.least_flops;
    }
  const Cost all = cost(graph);
  least.bytes = all.parameter_bytes + all.io_bytes + (gradients ? all.trainable_bytes : 0);
  return least;
}

}  // namespace assay::graph
