#include "operators.h"

#include <mlx/transforms.h>

#include <algorithm>

#include "assay_runner/operator_table.h"

namespace mlx_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::Role;

// Which values depend on a parameter that is trained.
std::vector<bool> led_to(const Graph& graph) {
  std::vector<bool> led(graph.values().size());
  for (const ValueId id : graph.with_role(Role::parameter))
    led[static_cast<size_t>(id)] = graph.value(id).trainable;
  for (const Node& node : graph.nodes()) {
    const bool any = std::ranges::any_of(
        node.inputs, [&](ValueId id) { return id != kAbsent && led[static_cast<size_t>(id)]; });
    for (const ValueId id : node.outputs)
      if (id != kAbsent) led[static_cast<size_t>(id)] = any && is_floating(graph.value(id).dtype);
  }
  return led;
}

// The node's floating outputs as a function of some of its inputs; the others are zeros.
std::vector<array> alone(const Graph& graph, const Node& node, const std::vector<ValueId>& chosen,
                         const std::vector<array>& arguments) {
  Emitter emitter(graph, !chosen.empty());
  for (const ValueId id : node.inputs)
    if (id != kAbsent && graph.value(id).role != Role::constant)
      emitter.set(id, {mx::zeros(mlx_shape(graph.value(id).shape), mlx_dtype(graph.value(id).dtype))});
  for (size_t i = 0; i < chosen.size(); ++i) emitter.set(chosen[i], {arguments[i]});
  emit(emitter, node);
  std::vector<array> results;
  for (const ValueId id : node.outputs)
    if (id != kAbsent && is_floating(graph.value(id).dtype)) results.push_back(emitter.value(id));
  return results;
}

void attempt(const Graph& graph, const Node& node, const std::vector<bool>* led) {
  std::vector<ValueId> chosen;
  std::vector<array> arguments, seeds;
  for (const ValueId id : node.inputs)
    if (led && id != kAbsent && (*led)[static_cast<size_t>(id)] && std::ranges::count(chosen, id) == 0) {
      chosen.push_back(id);
      arguments.push_back(mx::zeros(mlx_shape(graph.value(id).shape), mlx_dtype(graph.value(id).dtype)));
    }
  const auto function = [&](const std::vector<array>& given) { return alone(graph, node, chosen, given); };
  const auto results = function(arguments);
  if (chosen.empty() || results.empty()) return;
  for (const array& result : results) seeds.push_back(mx::zeros_like(result));
  (void)mx::vjp(function, arguments, seeds);
}

}  // namespace

const std::vector<Operator>& operators() {
  static const std::vector<Operator> all = assay_runner::joined_by_name<Operator>(
      {activation_operators(), attention_operators(), block_operators(), convolution_operators(),
       elementwise_operators(), indexing_operators(), layout_operators(), loss_operators(),
       matrix_operators(), normalization_operators(), order_operators(), pooling_operators(),
       recurrent_operators(), reduction_operators(), resize_operators()});
  return all;
}

void emit(Emitter& emitter, const Node& node) {
  const Operator* found = assay_runner::find_by_name(operators(), node.op);
  if (!found) Call::refuse("not an operator of this runner");
  found->emit(Call(emitter, node));
}

std::vector<assay::record::NodeIssue> screen(const Graph& graph, bool gradients) {
  const std::vector<bool> led = gradients ? led_to(graph) : std::vector<bool>();
  std::vector<assay::record::NodeIssue> issues;
  for (const Node& node : graph.nodes()) {
    try {
      attempt(graph, node, gradients ? &led : nullptr);
    } catch (const std::exception& exception) {
      issues.push_back({node.name, node.op, exception.what()});
    }
  }
  return issues;
}

}  // namespace mlx_runner
