#include "mutants/rewrite.h"

#include <utility>

namespace assay::mutants {
namespace {

using graph::Node;
using graph::Role;
using graph::Value;

ValueId copy_value(const Value& value, Builder& copy) {
  switch (value.role) {
    case Role::input:
      return copy.input(value.name, value.dtype, value.shape);
    case Role::state:
      return copy.state(value.name, value.dtype, value.shape);
    case Role::parameter:
      return copy.parameter(value.name, value.shape, value.init, value.trainable);
    case Role::constant:
      return copy.constant(value.name, value.data);
    case Role::computed:
      return graph::kAbsent;
  }
  return graph::kAbsent;
}

Draft draft_of(const Graph& source, const Node& node, const std::vector<ValueId>& ids, Builder& copy) {
  Draft draft{.copy = copy, .node = node, .source = source, .op = node.op, .attributes = node.attributes};
  for (const ValueId id : node.inputs)
    draft.inputs.push_back(id == graph::kAbsent ? id : ids[static_cast<size_t>(id)]);
  for (const ValueId id : node.outputs)
    draft.outputs.push_back(id == graph::kAbsent ? "" : source.value(id).name);
  return draft;
}

std::vector<ValueId> add(Draft& draft) {
  const std::string first = draft.outputs.front();
  if (draft.after) draft.outputs.front() = draft.named("before");
  auto made = draft.copy.ops(draft.after ? draft.named("node") : draft.node.name, draft.op, draft.inputs,
                             draft.attributes, draft.outputs);
  if (draft.after) made.front() = draft.after(made.front(), first);
  return made;
}

}  // namespace

Result<Rewritten> rewrite(const Graph& source, const Change& change) {
  Builder copy(source.name());
  std::vector<ValueId> ids;
  for (const Value& value : source.values()) ids.push_back(copy_value(value, copy));
  int changed = 0;
  for (const Node& node : source.nodes()) {
    Draft draft = draft_of(source, node, ids, copy);
    if (change(draft)) ++changed;
    const auto made = add(draft);
    for (size_t i = 0; i < made.size(); ++i)
      if (node.outputs[i] != graph::kAbsent) ids[static_cast<size_t>(node.outputs[i])] = made[i];
  }
  for (const ValueId id : source.outputs()) copy.output(ids[static_cast<size_t>(id)]);
  ASSAY_TRY(auto graph, std::move(copy).finish());
  return Rewritten{std::move(graph), changed};
}

}  // namespace assay::mutants
