#include "recognise/prune.h"

#include <algorithm>
#include <ranges>

namespace assay::recognise {

using graph::Graph;
using graph::kAbsent;
using graph::Node;
using graph::Role;
using graph::Value;
using graph::ValueId;

namespace {

std::vector<bool> needed_values(const Graph& source) {
  std::vector<bool> needed(source.values().size(), false);
  for (const ValueId id : source.outputs()) needed[static_cast<size_t>(id)] = true;
  for (const Node& node : source.nodes() | std::views::reverse) {
    const bool read = std::ranges::any_of(
        node.outputs, [&](ValueId id) { return id != kAbsent && needed[static_cast<size_t>(id)]; });
    for (const ValueId id : node.inputs)
      if (read && id != kAbsent) needed[static_cast<size_t>(id)] = true;
  }
  return needed;
}

bool stays(Role role) { return role == Role::input || role == Role::state; }

}  // namespace

Result<ValueId> add_given(Graph& target, const Value& value) {
  switch (value.role) {
    case Role::input:
      return target.add_input(value.name, value.dtype, value.shape);
    case Role::state:
      return target.add_state(value.name, value.dtype, value.shape);
    case Role::parameter:
      return target.add_parameter(value.name, value.shape, value.init, value.trainable);
    case Role::constant:
      return target.add_constant(value.name, value.data);
    case Role::computed:
      break;
  }
  return kAbsent;
}

Result<Graph> pruned(const Graph& source) {
  const auto needed = needed_values(source);
  Graph copy(source.name());
  std::vector<ValueId> ids(source.values().size(), kAbsent);
  for (size_t i = 0; i < ids.size(); ++i)
    if (needed[i] || stays(source.values()[i].role)) {
      ASSAY_TRY(ids[i], add_given(copy, source.values()[i]));
    }
  const auto mapped = [&](ValueId id) { return id == kAbsent ? id : ids[static_cast<size_t>(id)]; };
  for (const Node& node : source.nodes()) {
    std::vector<std::string> outputs;
    std::vector<ValueId> inputs;
    for (const ValueId id : node.outputs) outputs.push_back(id == kAbsent ? "" : source.value(id).name);
    if (std::ranges::none_of(node.outputs,
                             [&](ValueId id) { return id != kAbsent && needed[static_cast<size_t>(id)]; }))
      continue;
    std::ranges::transform(node.inputs, std::back_inserter(inputs), mapped);
    ASSAY_TRY(const auto made, copy.add_node(node.name, node.op, inputs, node.attributes, outputs));
    for (size_t i = 0; i < made.size(); ++i)
      if (node.outputs[i] != kAbsent) ids[static_cast<size_t>(node.outputs[i])] = made[i];
  }
  for (const ValueId id : source.outputs()) copy.add_output(mapped(id));
  return copy;
}

}  // namespace assay::recognise
