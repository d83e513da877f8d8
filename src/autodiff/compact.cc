#include "autodiff/compact.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "graph/given.h"
#include "graph/operators.h"

namespace assay::autodiff {
namespace {

using graph::Graph;
using graph::kAbsent;
using graph::Node;
using graph::Role;
using graph::Value;
using graph::ValueId;

size_t index(ValueId value) { return static_cast<size_t>(value); }

class Compaction {
 public:
  Compaction(const Graph& from, const std::vector<NamedOutput>& outputs)
      : from_(from),
        outputs_(outputs),
        to_(from.name()),
        used_(from.values().size()),
        ids_(used_.size(), kAbsent) {}

  Result<Graph> run() {
    mark();
    name();
    for (size_t i = 0; i < ids_.size(); ++i) ASSAY_TRY_VOID(copy_value(static_cast<ValueId>(i)));
    for (const Node& node : from_.nodes())
      if (wanted(node)) ASSAY_TRY_VOID(copy_node(node));
    for (const NamedOutput& output : outputs_) ASSAY_TRY_VOID(declare(output));
    return std::move(to_);
  }

 private:
  bool wanted(const Node& node) const {
    return std::ranges::any_of(node.outputs, [this](ValueId v) { return v != kAbsent && used_[index(v)]; });
  }

  // An optional output that nobody reads.
  bool left_out(const Node& node, size_t i) const {
    if (node.outputs[i] == kAbsent) return true;
    const auto& outputs = graph::find_operator(node.op)->outputs;
    return !used_[index(node.outputs[i])] && i < outputs.size() && outputs[i].optional;
  }

  void mark() {
    for (const NamedOutput& output : outputs_) used_[index(output.value)] = true;
    for (const Node& node : std::views::reverse(from_.nodes())) {
      if (!wanted(node)) continue;
      for (const ValueId v : node.inputs)
        if (v != kAbsent) used_[index(v)] = true;
    }
  }

  void name() {
    for (const NamedOutput& output : outputs_)
      if (from_.value(output.value).role == Role::computed) names_.emplace(output.value, output.name);
  }

  std::string name_of(ValueId value) const {
    const auto found = names_.find(value);
    return found == names_.end() ? from_.value(value).name : found->second;
  }

  Result<> copy_value(ValueId id) {
    const Value& v = from_.value(id);
    if (v.role == Role::constant && !used_[index(id)]) return {};
    ASSAY_TRY(ids_[index(id)], graph::add_given(to_, v));
    return {};
  }

  Result<> copy_node(const Node& node) {
    std::vector<ValueId> inputs;
    for (const ValueId v : node.inputs) inputs.push_back(v == kAbsent ? kAbsent : ids_[index(v)]);
    std::vector<std::string> names;
    for (size_t i = 0; i < node.outputs.size(); ++i)
      names.push_back(left_out(node, i) ? "" : name_of(node.outputs[i]));
    ASSAY_TRY(const auto added, to_.add_node(node.name, node.op, std::move(inputs), node.attributes, names));
    for (size_t i = 0; i < added.size(); ++i)
      if (added[i] != kAbsent) ids_[index(node.outputs[i])] = added[i];
    return {};
  }

  Result<> declare(const NamedOutput& output) {
    ValueId id = ids_[index(output.value)];
    if (to_.value(id).name != output.name) {
      ASSAY_TRY(const auto named, to_.add_node(output.name, "Identity", {id}, {}, {output.name}));
      id = named.front();
    }
    to_.add_output(id);
    return {};
  }

  const Graph& from_;
  const std::vector<NamedOutput>& outputs_;
  Graph to_;
  std::vector<bool> used_;
  std::vector<ValueId> ids_;
  std::map<ValueId, std::string> names_;
};

}  // namespace

Result<Graph> compact(const Graph& graph, const std::vector<NamedOutput>& outputs) {
  return Compaction(graph, outputs).run();
}

}  // namespace assay::autodiff
