#include "rotation.h"

#include <algorithm>
#include <functional>

#include "graph/rotary_table.h"

namespace ggml_runner {
namespace {

using assay::graph::Graph;
using assay::graph::kAbsent;
using assay::graph::Node;
using assay::graph::Role;
using assay::graph::RotaryTable;
using assay::graph::Value;
using assay::tensor::Tensor;

// A table may begin behind a prefix.
constexpr int64_t kLastPosition = 1 << 20;

Tensor negative(const Tensor& tensor) {
  Tensor result(tensor.dtype(), tensor.shape());
  std::ranges::transform(tensor.data<float>(), result.mutable_data<float>().begin(), std::negate());
  return result;
}

// A constant table, or a negative one: the gradient of a rotation turns back.
std::optional<Tensor> table_of(const Graph& graph, assay::graph::ValueId id) {
  const Value& value = graph.value(id);
  if (value.dtype != assay::tensor::DType::f32 || value.shape.size() != 3) return std::nullopt;
  if (value.role == Role::constant) return value.data;
  for (const Node& node : graph.nodes())
    if (node.op == "Neg" && node.outputs[0] == id)
      if (const Value& source = graph.value(node.inputs[0]); source.role == Role::constant)
        return negative(source.data);
  return std::nullopt;
}

// Rows of a constant table that an input of a step chooses.
struct Chosen {
  Tensor table;  // [rows, pairs]
  assay::graph::ValueId positions;
};

std::optional<Chosen> chosen_rows(const Graph& graph, assay::graph::ValueId id) {
  for (const Node& node : graph.nodes()) {
    if (node.outputs[0] != id || node.op != "Gather" || node.integer("axis", 0) != 0) continue;
    const Value& table = graph.value(node.inputs[0]);
    const bool known = table.role == Role::constant && table.dtype == assay::tensor::DType::f32 &&
                       table.shape.size() == 2 && graph.value(node.inputs[1]).role == Role::input;
    if (!known) return std::nullopt;
    return Chosen{table.data, node.inputs[1]};
  }
  return std::nullopt;
}

// Nothing when there is none within float32's rounding.
std::optional<Rotation> find_rotation(const RotaryTable& table) {
  Rotation rotation;
  rotation.first = table.rows() == 1 ? 1 : 0;
  for (size_t pair = 0; pair < table.pairs(); ++pair)
    rotation.frequencies.push_back(table.rows() == 1 ? table.angle(0, pair) : table.step(pair));
  const auto all = [&](const auto& turns) {
    for (size_t pair = 0; pair < table.pairs(); ++pair)
      if (!turns(pair, rotation.frequencies[pair])) return false;
    return true;
  };
  while (!all([&](size_t pair, double by) { return table.turns(0, pair, by, rotation.first); }))
    if (++rotation.first > kLastPosition) return std::nullopt;
  if (!all([&](size_t pair, double by) { return table.turns(pair, by, rotation.first); }))
    return std::nullopt;
  return rotation;
}

}  // namespace

std::optional<Rotation> rotation_of(const Graph& graph, const Node& node) {
  if (node.input(3) != kAbsent) return std::nullopt;
  const auto rows = chosen_rows(graph, node.inputs[1]), same_rows = chosen_rows(graph, node.inputs[2]);
  const bool chosen = rows && same_rows && rows->positions == same_rows->positions;
  const auto cosines = chosen ? std::optional(rows->table) : table_of(graph, node.inputs[1]);
  const auto sines = chosen ? std::optional(same_rows->table) : table_of(graph, node.inputs[2]);
  if (!cosines || !sines) return std::nullopt;
  const RotaryTable table(*cosines, *sines);
  const auto scale = table.scale();
  auto rotation = scale && table.is_shared() ? find_rotation(table) : std::nullopt;
  if (!rotation || (chosen && rotation->first != 0)) return std::nullopt;
  if (chosen) rotation->positions = rows->positions;
  rotation->scale = *scale;
  return rotation;
}

}  // namespace ggml_runner
