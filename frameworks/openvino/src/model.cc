#include "model.h"

#include <map>

#include "operators.h"
#include "settings.h"

namespace openvino_runner {

using assay::graph::Role;
using assay::record::NodeIssue;

namespace {

bool is_argument(const Value& value, bool variable_weights) {
  return value.role == Role::input || value.role == Role::state ||
         (value.role == Role::parameter && value.trainable && variable_weights);
}

std::shared_ptr<op::Parameter> parameter(const Value& value) {
  auto made = std::make_shared<op::Parameter>(element_type(value.dtype), shape_of(value.shape));
  made->set_friendly_name(value.name);
  return made;
}

Output constant(const Tensor& tensor) { return make<op::Constant>(in_place(tensor)); }

// Every value that no node computes.
ov::ParameterVector set_leaves(Emitter& emitter, const assay_runner::Load& load, bool variable_weights,
                               std::vector<std::string>& arguments) {
  ov::ParameterVector parameters;
  const auto& values = load.graph.values();
  for (size_t i = 0; i < values.size(); ++i) {
    const Value& value = values[i];
    if (value.role == Role::computed) continue;
    const auto id = static_cast<ValueId>(i);
    if (is_argument(value, variable_weights)) {
      parameters.push_back(parameter(value));
      arguments.push_back(value.name);
      emitter.set(id, parameters.back()->output(0));
    } else {
      emitter.set(id, constant(value.role == Role::constant ? value.data : load.weights.at(value.name)));
    }
  }
  return parameters;
}

ov::ResultVector results(const Emitter& emitter, const std::vector<ValueId>& outputs) {
  ov::ResultVector made;
  for (const ValueId id : outputs) made.push_back(std::make_shared<op::Result>(emitter.output(id)));
  return made;
}

// One node with arguments for all that it reads and no constant says. `why` is what its making failed with.
std::shared_ptr<ov::Model> alone(const Graph& graph, const Node& node, std::string& why) {
  Emitter emitter(graph);
  ov::ParameterVector parameters;
  for (const ValueId id : node.inputs) {
    if (id == kAbsent || emitter.output(id).get_node()) continue;
    const Value& value = graph.value(id);
    if (value.role == Role::constant) {
      emitter.set(id, constant(value.data));
      continue;
    }
    parameters.push_back(parameter(value));
    emitter.set(id, parameters.back()->output(0));
  }
  why = emit(emitter, node);
  std::vector<ValueId> outputs;
  for (const ValueId id : node.outputs)
    if (id != kAbsent) outputs.push_back(id);
  return why.empty() ? std::make_shared<ov::Model>(results(emitter, outputs), parameters) : nullptr;
}

std::string refusal(const Graph& graph, const Node& node) {
  std::string why;
  try {
    if (const auto model = alone(graph, node, why)) {
      auto compiled = core().compile_model(model, "CPU", settings(1));
      compiled.create_infer_request();
    }
  } catch (const std::exception& exception) {
    return reason(exception);
  }
  return why;
}

// What tells a node's kind from others.
std::string form(const Graph& graph, const Node& node) {
  std::string text = node.op;
  for (const ValueId id : node.inputs)
    text += id == kAbsent ? " -"
                          : fmt::format(" {}{}", dtype_name(graph.value(id).dtype),
                                        assay::tensor::to_string(graph.value(id).shape));
  for (const auto& [name, value] : node.attributes) {
    text += " " + name + "=";
    if (const auto* integer = std::get_if<int64_t>(&value)) text += std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value)) text += std::to_string(*real);
    if (const auto* string = std::get_if<std::string>(&value)) text += *string;
    if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) text += assay::tensor::to_string(*list);
  }
  return text;
}

}  // namespace

assay_runner::Answer<Model> make_model(const assay_runner::Load& load, bool variable_weights) {
  Emitter emitter(load.graph);
  Model made;
  const auto parameters = set_leaves(emitter, load, variable_weights, made.arguments);
  std::vector<NodeIssue> issues;
  for (const Node& node : load.graph.nodes()) {
    std::string why;
    if (issues.empty()) {
      why = emit(emitter, node);
    } else {  // what it reads may not be there
      alone(load.graph, node, why);
    }
    if (!why.empty()) issues.push_back({node.name, node.op, why});
  }
  if (!issues.empty()) return assay_runner::unsupported_nodes(std::move(issues));
  made.model =
      std::make_shared<ov::Model>(results(emitter, load.graph.outputs()), parameters, load.graph.name());
  return made;
}

std::vector<NodeIssue> refused_nodes(const Graph& graph) {
  std::map<std::string, std::string> tried;
  std::vector<NodeIssue> issues;
  for (const Node& node : graph.nodes()) {
    const auto [known, is_new] = tried.try_emplace(form(graph, node));
    if (is_new) known->second = refusal(graph, node);
    if (!known->second.empty()) issues.push_back({node.name, node.op, known->second});
  }
  return issues;
}

}  // namespace openvino_runner
