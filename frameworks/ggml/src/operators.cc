#include "operators.h"

#include <algorithm>
#include <array>

#include "assay_runner/operator_table.h"
#include "mask.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::tensor::DType;

// Indices may be seen in another shape by another node; nothing is computed of them.
bool is_view(const Graph& graph, const Node& node) {
  constexpr std::array kViews = {"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"};
  return std::ranges::count(kViews, node.op) > 0 && std::ranges::count(graph.outputs(), node.outputs[0]) == 0;
}

// What holds for every operator: float32 results, four dimensions, no computing with indices.
std::string refuse_values(const Graph& graph, const Node& node) {
  const auto fault = [&](ValueId id, bool is_output) -> std::string {
    if (id == kAbsent) return {};
    const Value& value = graph.value(id);
    if (value.shape.size() > GGML_MAX_DIMS)
      return fmt::format("{} has {} dimensions; ggml's tensors have at most 4", value.name,
                         value.shape.size());
    const bool index = value.dtype == DType::i64 && (!is_output || is_view(graph, node));
    const bool mask = value.dtype == DType::boolean && node.op == "Attention" && !is_output;
    if (value.dtype != DType::f32 && !index && !mask)
      return fmt::format("{} is {}; this runner computes in F32", value.name, dtype_name(value.dtype));
    if (std::ranges::count(value.shape, 0) > 0) return value.name + " is empty; ggml has no empty tensors";
    return {};
  };
  for (const ValueId id : node.inputs)
    if (auto text = fault(id, false); !text.empty()) return text;
  for (const ValueId id : node.outputs)
    if (auto text = fault(id, true); !text.empty()) return text;
  return {};
}

std::string refusal(const Graph& graph, const Node& node, bool gradients) {
  const Operator* op = find_operator(node.op);
  if (!op) return "not an operator of this runner";
  if (auto text = refuse_values(graph, node); !text.empty()) return text;
  if (gradients && !op->has_backward) return "ggml has no backward for it";
  return op->refuse ? op->refuse(graph, node, gradients) : "";
}

}  // namespace

const std::vector<Operator>& operators() {
  static const std::vector<Operator> all = assay_runner::joined_by_name<Operator>(
      {activation_operators(), attention_operators(), elementwise_operators(), image_operators(),
       indexing_operators(), layout_operators(), matrix_operators(), reduction_operators()});
  return all;
}

const Operator* find_operator(std::string_view name) { return assay_runner::find_by_name(operators(), name); }

std::vector<assay::record::NodeIssue> screen(const Graph& graph, bool gradients) {
  std::vector<assay::record::NodeIssue> issues;
  for (const Node& node : graph.nodes())
    if (auto text = is_part_of_a_mask(graph, node.outputs[0]) ? "" : refusal(graph, node, gradients);
        !text.empty())
      issues.push_back({node.name, node.op, text});
  return issues;
}

}  // namespace ggml_runner
