#include "recognise/prune.h"

#include <algorithm>
#include <ranges>

#include "graph/given.h"

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

using Changed = std::function<Value(Value)>;

// One node, and what its outputs are in the copy.
Result<> add_node(Graph& copy, const Graph& source, const Node& node, std::vector<ValueId>& ids) {
  std::vector<std::string> outputs;
  std::vector<ValueId> inputs;
  for (const ValueId id : node.outputs) outputs.push_back(id == kAbsent ? "" : source.value(id).name);
  for (const ValueId id : node.inputs) inputs.push_back(id == kAbsent ? id : ids[static_cast<size_t>(id)]);
  ASSAY_TRY(const auto made, copy.add_node(node.name, node.op, inputs, node.attributes, outputs));
  for (size_t i = 0; i < made.size(); ++i)
    if (node.outputs[i] != kAbsent) ids[static_cast<size_t>(node.outputs[i])] = made[i];
  return {};
}

// With those values alone; inputs and states stay in any case.
Result<Graph> copy_of(const Graph& source, const std::vector<bool>& needed, const Changed& changed) {
  Graph copy(source.name());
  std::vector<ValueId> ids(source.values().size(), kAbsent);
  for (size_t i = 0; i < ids.size(); ++i) {
    const Value& value = source.values()[i];
    if (needed[i] || value.role == Role::input || value.role == Role::state) {
      ASSAY_TRY(ids[i], add_given(copy, changed(value)));
    }
  }
  for (const Node& node : source.nodes())
    if (std::ranges::any_of(node.outputs,
                            [&](ValueId id) { return id != kAbsent && needed[static_cast<size_t>(id)]; }))
      ASSAY_TRY_VOID(add_node(copy, source, node, ids));
  for (const ValueId id : source.outputs()) copy.add_output(ids[static_cast<size_t>(id)]);
  return copy;
}

}  // namespace

Result<Graph> copied(const Graph& source, const Changed& changed) {
  return copy_of(source, std::vector<bool>(source.values().size(), true), changed);
}

Result<Graph> pruned(const Graph& source) {
  return copy_of(source, needed_values(source), [](Value value) { return value; });
}

}  // namespace assay::recognise
