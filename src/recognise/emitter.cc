#include "recognise/emitter.h"

#include "graph/given.h"
#include "graph/operators.h"
#include "graph/shapes.h"
#include "recognise/prune.h"

namespace assay::recognise {

Emitter::Emitter(const Graph& source) : source_(source), copy_(source.name()) {}

Result<Emitter> Emitter::start(const Graph& source) {
  Emitter emitter(source);
  for (const Value& value : source.values()) {
    ASSAY_TRY(const ValueId id, add_given(emitter.copy_, value));
    emitter.ids_.push_back(id);
  }
  return emitter;
}

std::vector<ValueId> Emitter::mapped(const std::vector<ValueId>& olds) const {
  std::vector<ValueId> news;
  for (const ValueId id : olds) news.push_back(id == kAbsent ? id : ids_[static_cast<size_t>(id)]);
  return news;
}

ValueId Emitter::remember(ValueId made) {
  ids_.push_back(made);
  return static_cast<ValueId>(ids_.size() - 1);
}

std::string Emitter::unique(std::string name) const {
  while (source_.find(name) || copy_.find(name)) name += "_";
  return name;
}

Result<> Emitter::copy(const Node& node) {
  std::vector<std::string> names;
  for (const ValueId id : node.outputs) names.push_back(id == kAbsent ? "" : source_.value(id).name);
  ASSAY_TRY(const auto made, copy_.add_node(node.name, node.op, mapped(node.inputs), node.attributes, names));
  for (size_t i = 0; i < made.size(); ++i)
    if (node.outputs[i] != kAbsent) ids_[static_cast<size_t>(node.outputs[i])] = made[i];
  return {};
}

Result<ValueId> Emitter::put(const Node& root, std::string_view part, std::string op,
                             const std::vector<ValueId>& inputs, graph::Attributes attributes) {
  const std::string name = unique(fmt::format("{}.{}", root.name, part));
  ASSAY_TRY(const auto made,
            copy_.add_node(name, std::move(op), mapped(inputs), std::move(attributes), {name}));
  return remember(made[0]);
}

Result<> Emitter::finish(const Node& root, std::string op, const std::vector<ValueId>& inputs,
                         graph::Attributes attributes) {
  const Value& before = source_.value(root.outputs[0]);
  Node node{
      .name = root.name, .op = op, .inputs = mapped(inputs), .outputs = {kAbsent}, .attributes = attributes};
  ASSAY_TRY_VOID(graph::check_form(copy_, node, std::vector<std::string>{before.name}));
  ASSAY_TRY(const auto types, graph::infer(copy_, node));  // a node that was added cannot be taken back
  if (types[0].shape != before.shape || types[0].dtype != before.dtype)
    return fail(ErrorKind::data, "node {}: {} would have another shape", root.name, op);
  ASSAY_TRY(const auto made,
            copy_.add_node(root.name, std::move(op), mapped(inputs), std::move(attributes), {before.name}));
  ids_[static_cast<size_t>(root.outputs[0])] = made[0];
  return {};
}

Result<ValueId> Emitter::constant(const Node& root, std::string_view part, graph::Tensor data) {
  ASSAY_TRY(const ValueId made,
            copy_.add_constant(unique(fmt::format("{}.{}", root.name, part)), std::move(data)));
  return remember(made);
}

Result<ValueId> Emitter::transposed(ValueId parameter) {
  const Value& matrix = source_.value(parameter);
  for (const auto& [name, of] : transposed_)
    if (of == matrix.name) {
      const auto known = copy_.find(name);
      if (known) return remember(*known);
    }
  const std::string name = unique(matrix.name + ".transposed");
  ASSAY_TRY(const ValueId made,
            copy_.add_parameter(name, {matrix.shape[1], matrix.shape[0]}, matrix.init, matrix.trainable));
  transposed_.emplace(name, matrix.name);
  return remember(made);
}

void Emitter::means(ValueId constant, double number) { meant_[source_.value(constant).name] = number; }

Result<Recognised> Emitter::result() && {
  for (const ValueId id : source_.outputs()) copy_.add_output(ids_[static_cast<size_t>(id)]);
  ASSAY_TRY(auto graph, pruned(copy_));
  Recognised result{.graph = std::move(graph), .meant = std::move(meant_)};
  for (auto& [name, of] : transposed_)
    if (result.graph.find(name)) result.transposed.emplace(name, of);
  return result;
}

}  // namespace assay::recognise
