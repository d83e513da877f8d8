#include "graph/summary.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "graph/cost.h"
#include "graph/roles.h"

namespace assay::graph {
namespace {

// "35.1 G": three digits and a decimal prefix.
std::string scaled(double number) {
  static constexpr std::array<std::string_view, 6> kPrefixes = {"", "k", "M", "G", "T", "P"};
  size_t i = 0;
  while (number >= 999.5 && i + 1 < kPrefixes.size()) {
    number /= 1000;
    ++i;
  }
  return fmt::format("{:.3g} {}", number, kPrefixes[i]);
}

std::string typed(const Value& value) {
  return fmt::format("{} {}", tensor::dtype_name(value.dtype), tensor::to_string(value.shape));
}

// "layers.12.norm" -> "layers.*.norm".
std::string without_numbers(std::string_view name) {
  std::string pattern;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool starts = i == 0 || name[i - 1] == '.';
    size_t end = i;
    while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end])) != 0) ++end;
    if (starts && end > i && (end == name.size() || name[end] == '.')) {
      pattern += '*';
      i = end - 1;
    } else {
      pattern += name[i];
    }
  }
  return pattern;
}

// One line of the summary: things that are alike but for the numbers in their names.
struct Group {
  std::string op;
  std::string name;  // of one that is alone whole, of several what they have in common
  std::string type;
  int64_t count = 0;
  double flops = 0;
};

class Groups {
 public:
  void add(std::string_view op, const std::string& name, const std::string& type, double flops) {
    const std::string pattern = without_numbers(name);
    const auto [at, is_new] = index_.emplace(fmt::format("{}\n{}\n{}", op, pattern, type), groups_.size());
    if (is_new) groups_.push_back({.op = std::string(op), .name = name, .type = type});
    Group& group = groups_[at->second];
    if (++group.count > 1) group.name = pattern;
    group.flops += flops;
  }
  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }

 private:
  std::vector<Group> groups_;
  std::map<std::string, size_t> index_;
};

void add_values(std::vector<std::string>& lines, const Graph& graph, Role role) {
  Groups groups;
  for (const ValueId id : graph.with_role(role))
    groups.add("", graph.value(id).name, typed(graph.value(id)), 0);
  for (const Group& group : groups.all())
    lines.push_back(
        fmt::format("  {:<10}{:>4} x {}  {}", role_name(role), group.count, group.name, group.type));
}

void add_constants(std::vector<std::string>& lines, const Graph& graph) {
  double bytes = 0;
  const std::vector<ValueId> ids = graph.with_role(Role::constant);
  for (const ValueId id : ids) bytes += static_cast<double>(graph.value(id).data.bytes().size());
  if (!ids.empty())
    lines.push_back(fmt::format("  {:<10}{:>4} x, {}B", "constant", ids.size(), scaled(bytes)));
}

void add_outputs(std::vector<std::string>& lines, const Graph& graph) {
  Groups groups;
  for (const ValueId id : graph.outputs()) groups.add("", graph.value(id).name, typed(graph.value(id)), 0);
  for (const Group& group : groups.all())
    lines.push_back(fmt::format("  {:<10}{:>4} x {}  {}", "output", group.count, group.name, group.type));
}

void add_cost(std::vector<std::string>& lines, const Graph& graph) {
  const Cost total = cost(graph);
  lines.push_back(
      fmt::format("  parameters {} ({}B read a step)", total.parameters, scaled(total.parameter_bytes)));
  lines.push_back(fmt::format("  arithmetic {}FLOP", scaled(total.flops)));
  lines.push_back(fmt::format(
      "  memory     {}B inputs, states and outputs; {}B computed values, at most {}B of them at once",
      scaled(total.io_bytes), scaled(total.activation_bytes), scaled(total.peak_activation_bytes)));
}

std::string operator_counts(const Graph& graph) {
  std::map<std::string, int64_t> counts;
  for (const Node& node : graph.nodes()) ++counts[node.op];
  std::vector<std::string> parts;
  for (const auto& [op, count] : counts) parts.push_back(fmt::format("{} {}", count, op));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void add_nodes(std::vector<std::string>& lines, const Graph& graph) {
  Groups groups;
  for (const Node& node : graph.nodes()) {
    const auto wanted = std::ranges::find_if(node.outputs, [](ValueId id) { return id != kAbsent; });
    const std::string type = wanted == node.outputs.end() ? "" : typed(graph.value(*wanted));
    groups.add(node.op, node.name, type, node_flops(graph, node));
  }
  for (const Group& group : groups.all())
    lines.push_back(fmt::format("  {:>4} x {:<24} {:>9}FLOP  {}  {}", group.count, group.op,
                                scaled(group.flops), group.name, group.type));
}

}  // namespace

std::string summary(const Graph& graph) {
  std::vector<std::string> lines{graph.name()};
  for (const Role role : {Role::input, Role::state, Role::parameter}) add_values(lines, graph, role);
  add_constants(lines, graph);
  add_outputs(lines, graph);
  add_cost(lines, graph);
  lines.push_back(fmt::format("{} nodes: {}", graph.nodes().size(), operator_counts(graph)));
  add_nodes(lines, graph);
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace assay::graph
