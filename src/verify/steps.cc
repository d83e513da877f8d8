#include "verify/steps.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <ranges>
#include <set>

#include "graph/given.h"
#include "tensor/generate.h"

namespace assay::verify {
namespace {

using graph::Graph;
using graph::kAbsent;
using graph::Node;
using graph::Role;
using graph::ValueId;
using tensor::DType;
using tensor::Tensor;

bool goes_to_whole_numbers(const Graph& graph, const Node& node) {
  const bool steps = node.op == "Round" || node.op == "Floor" || node.op == "Ceil";
  return steps && graph.value(node.inputs[0]).role == Role::computed;
}

// Values from which a way leads to an output without a step.
std::vector<bool> near_the_end(const Graph& graph) {
  std::vector<bool> near(graph.values().size(), false);
  for (const ValueId id : graph.outputs()) near[static_cast<size_t>(id)] = true;
  for (const Node& node : graph.nodes() | std::views::reverse) {
    const bool read = std::ranges::any_of(
        node.outputs, [&](ValueId id) { return id != kAbsent && near[static_cast<size_t>(id)]; });
    if (!read || goes_to_whole_numbers(graph, node)) continue;
    for (const ValueId id : node.inputs)
      if (id != kAbsent) near[static_cast<size_t>(id)] = true;
  }
  return near;
}

// A copy of a graph in which steps are something else.
class Copy {
 public:
  explicit Copy(const Graph& source)
      : source_(source), graph_(source.name()), ids_(source.values().size(), kAbsent) {}

  // What becomes of a step: false for what it was.
  using Change = std::function<Result<bool>(Copy& copy, const Node& node, const Step& step)>;

  Result<Graph> of(const std::vector<Step>& steps, const Change& change) && {
    for (size_t i = 0; i < ids_.size(); ++i) {
      ASSAY_TRY(ids_[i], add_given(graph_, source_.values()[i]));
    }
    auto next = steps.begin();
    for (const Node& node : source_.nodes()) {
      const bool step = next != steps.end() && node.name == next->node;
      ASSAY_TRY(const bool done, step ? change(*this, node, *next) : Result<bool>(false));
      if (!done) ASSAY_TRY_VOID(add(node, mapped(node.inputs)));
      if (step) ++next;
    }
    for (const ValueId id : source_.outputs()) tell(source_.value(id).name);
    return std::move(graph_);
  }

  // As an output, once.
  void tell(const std::string& name) {
    const auto id = graph_.find(name);
    if (id && outputs_.insert(name).second) graph_.add_output(*id);
  }

  Result<> add(const Node& node, std::vector<ValueId> inputs) {
    std::vector<std::string> names;
    for (const ValueId id : node.outputs) names.push_back(id == kAbsent ? "" : source_.value(id).name);
    ASSAY_TRY(const auto made,
              graph_.add_node(node.name, node.op, std::move(inputs), node.attributes, names));
    for (size_t i = 0; i < made.size(); ++i)
      if (node.outputs[i] != kAbsent) ids_[static_cast<size_t>(node.outputs[i])] = made[i];
    return {};
  }

  [[nodiscard]] ValueId operand(const Node& node) const { return ids_[static_cast<size_t>(node.inputs[0])]; }
  [[nodiscard]] const graph::Value& source(const Node& node) const { return source_.value(node.inputs[0]); }
  [[nodiscard]] Graph& graph() { return graph_; }

 private:
  [[nodiscard]] std::vector<ValueId> mapped(const std::vector<ValueId>& olds) const {
    std::vector<ValueId> result;
    for (const ValueId id : olds) result.push_back(id == kAbsent ? id : ids_[static_cast<size_t>(id)]);
    return result;
  }

  const Graph& source_;
  Graph graph_;
  std::vector<ValueId> ids_;  // by the source's
  std::set<std::string> outputs_;
};

// The root mean square of a float64 tensor.
double size_of(std::span<const double> values) {
  double sum = 0;
  for (const double x : values) sum += x * x;
  return values.empty() ? 0 : std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

std::vector<Step> steps_of(const Graph& graph) {
  const auto near = near_the_end(graph);
  std::vector<Step> steps;
  for (const Node& node : graph.nodes()) {
    if (!goes_to_whole_numbers(graph, node)) continue;
    const std::string& result = graph.value(node.outputs[0]).name;
    steps.push_back({node.name, graph.value(node.inputs[0]).name, result + "/given", result + "/push",
                     near[static_cast<size_t>(node.outputs[0])]});
  }
  return steps;
}

Result<Graph> told(const Graph& graph, const std::vector<Step>& steps) {
  return Copy(graph).of(steps, [](Copy& copy, const Node&, const Step& step) -> Result<bool> {
    copy.tell(step.operand);
    return false;
  });
}

Result<Graph> held(const Graph& graph, const std::vector<Step>& steps) {
  return Copy(graph).of(steps, [](Copy& copy, const Node& node, const Step& step) -> Result<bool> {
    copy.tell(step.operand);
    ASSAY_TRY(const ValueId given,
              copy.graph().add_input(step.given, copy.source(node).dtype, copy.source(node).shape));
    ASSAY_TRY_VOID(copy.add(node, {given}));
    return true;
  });
}

Result<Graph> pushed(const Graph& graph, const std::vector<Step>& steps) {
  return Copy(graph).of(steps, [](Copy& copy, const Node& node, const Step& step) -> Result<bool> {
    if (step.last) copy.tell(step.operand);
    ASSAY_TRY(const ValueId push,
              copy.graph().add_input(step.push, copy.source(node).dtype, copy.source(node).shape));
    ASSAY_TRY(const auto sum,
              copy.graph().add_node(step.push, "Add", {copy.operand(node), push}, {}, {step.push + "ed"}));
    ASSAY_TRY_VOID(copy.add(node, {sum[0]}));
    return true;
  });
}

Tensor push_of(const Step& step, const Tensor& operand, double share, uint64_t seed, bool against) {
  Tensor result(DType::f32, operand.shape());
  const auto from = operand.data<double>();
  const auto to = result.mutable_data<float>();
  tensor::fill_noise(to, step.push, seed);
  const double least = size_of(from), up = against ? -share : share;
  for (size_t i = 0; i < from.size(); ++i)
    to[i] = static_cast<float>(std::copysign(1.0, to[i]) * up * std::max(least, std::abs(from[i])));
  return result;
}

}  // namespace assay::verify
