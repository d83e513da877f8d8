#include "operators.h"

#include <algorithm>

#include "assay_runner/operator_table.h"
#include "graph/operators.h"
#include "mask.h"
#include "numbers.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::Role;
using assay::tensor::DType;

// Whether operand i says how the node works, so that it is no tensor of ggml's.
bool is_structure(const Node& node, size_t i) {
  const auto* known = assay::graph::find_operator(node.op);
  return known && i < known->inputs.size() && known->inputs[i].constant;
}

std::string refuse_value(const Value& value, const Operator& op) {
  if (std::ranges::count(value.shape, 0) > 0) return value.name + " is empty; ggml has no empty tensors";
  if (value.shape.size() > GGML_MAX_DIMS && !op.has(kAnyRank))
    return fmt::format("{} has {} dimensions; ggml's tensors have at most 4", value.name, value.shape.size());
  if (value.dtype == DType::f32 || value.dtype == DType::boolean || is_integer(value.dtype)) return {};
  return fmt::format("{} is {}; ggml computes in F32", value.name, dtype_name(value.dtype));
}

// Integers that are computed with, no indices and no shapes.
std::string refuse_integers(const Graph& graph, const Node& node, const Operator& op) {
  for (const ValueId id : node.outputs)
    if (id != kAbsent && is_integer(graph.value(id).dtype) && !op.has(kIntegers))
      return fmt::format("{} is {}; ggml computes in floating point only", graph.value(id).name,
                         dtype_name(graph.value(id).dtype));
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kAbsent || is_structure(node, i)) continue;
    const Value& value = graph.value(node.inputs[i]);
    if (value.role == Role::constant && !is_exact(value.data))
      return value.name + " has integers beyond 2^24, which float32 does not count exactly";
  }
  return {};
}

// What holds for every operator.
std::string refuse_values(const Graph& graph, const Node& node, const Operator& op) {
  for (size_t i = 0; i < node.inputs.size(); ++i)
    if (node.inputs[i] != kAbsent && !is_structure(node, i))
      if (auto text = refuse_value(graph.value(node.inputs[i]), op); !text.empty()) return text;
  for (const ValueId id : node.outputs)
    if (id != kAbsent)
      if (auto text = refuse_value(graph.value(id), op); !text.empty()) return text;
  return refuse_integers(graph, node, op);
}

std::string refusal(const Graph& graph, const Node& node, bool gradients) {
  const Operator* op = find_operator(node.op);
  if (!op) return "ggml has no such function";
  if (auto text = refuse_values(graph, node, *op); !text.empty()) return text;
  if (gradients && op->has(kNoBackward)) return "ggml has no backward for it";
  return op->refuse ? op->refuse(graph, node, gradients) : "";
}

// The values that a trained parameter goes into.
std::vector<bool> trained(const Graph& graph) {
  std::vector<bool> result;
  for (const Value& value : graph.values())
    result.push_back(value.role == Role::parameter && value.trainable);
  const auto is_trained = [&](ValueId id) { return id != kAbsent && result[static_cast<size_t>(id)]; };
  for (const Node& node : graph.nodes())
    if (std::ranges::any_of(node.inputs, is_trained))
      for (const ValueId id : node.outputs)
        if (id != kAbsent) result[static_cast<size_t>(id)] = true;
  return result;
}

bool has_gradient(const std::vector<bool>& trained, const Node& node) {
  return std::ranges::any_of(node.outputs,
                             [&](ValueId id) { return id != kAbsent && trained[static_cast<size_t>(id)]; });
}

}  // namespace

const std::vector<Operator>& operators() {
  static const std::vector<Operator> all = assay_runner::joined_by_name<Operator>(
      {activation_operators(), attention_operators(), elementwise_operators(), function_operators(),
       image_operators(), indexing_operators(), layout_operators(), logic_operators(), loss_operators(),
       matrix_operators(), norm_operators(), order_operators(), padding_operators(), pool_operators(),
       recurrent_operators(), reduction_operators(), rotary_operators()});
  return all;
}

const Operator* find_operator(std::string_view name) { return assay_runner::find_by_name(operators(), name); }

std::vector<assay::record::NodeIssue> screen(const Graph& graph, bool gradients) {
  std::vector<assay::record::NodeIssue> issues;
  const std::vector<bool> of_parameters = trained(graph);
  for (const Node& node : graph.nodes()) {
    if (node.output(0) != kAbsent && is_part_of_a_mask(graph, node.outputs[0])) continue;
    if (auto text = refusal(graph, node, gradients && has_gradient(of_parameters, node)); !text.empty())
      issues.push_back({node.name, node.op, text});
  }
  return issues;
}

}  // namespace ggml_runner
