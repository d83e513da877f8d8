// Whether a node has its operator's form: operands and attributes by number, name and type, before any shape
// is looked at.
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "graph/operators.h"

namespace assay::graph {
namespace {

template <class... Args>
std::unexpected<Error> wrong(const Node& node, fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorKind::data, "node {} ({}): {}", node.name, node.op,
              fmt::format(format, std::forward<Args>(args)...));
}

Result<const Operator*> known_operator(const Node& node) {
  if (const Operator* op = find_operator(node.op)) return op;
  std::vector<std::string> names;
  for (const Operator& op : operators()) names.push_back(op.name);
  return wrong(node, "there is no such operator.{}", did_you_mean(node.op, names));
}

// `what` is "input" or "output"; present(i) says whether operand i is there.
template <class Present>
Result<> check_operands(const Node& node, const std::vector<Operand>& rules, size_t count,
                        std::string_view what, Present present) {
  const bool variadic = !rules.empty() && rules.back().variadic;
  if (count > rules.size() && !variadic)
    return wrong(node, "{} {}s, expected at most {}", count, what, rules.size());
  for (size_t i = 0; i < rules.size(); ++i)
    if (!rules[i].optional && (i >= count || !present(i)))
      return wrong(node, "{} {} ({}) is missing", what, i, rules[i].name);
  for (size_t i = rules.size(); i < count; ++i)
    if (!present(i)) return wrong(node, "{} {} is missing", what, i);
  return {};
}

std::string_view type_name(AttributeType type) {
  switch (type) {
    case AttributeType::integer:
      return "an integer";
    case AttributeType::real:
      return "a real number";
    case AttributeType::text:
      return "a text";
    case AttributeType::integers:
      return "a list of integers";
  }
  return "";
}

bool has_type(const Attribute& value, AttributeType type) {
  switch (type) {
    case AttributeType::integer:
      return std::holds_alternative<int64_t>(value);
    case AttributeType::real:
      return std::holds_alternative<double>(value);
    case AttributeType::text:
      return std::holds_alternative<std::string>(value);
    case AttributeType::integers:
      return std::holds_alternative<std::vector<int64_t>>(value);
  }
  return false;
}

Result<> check_attribute(const Node& node, const AttributeRule& rule, Attribute& value) {
  if (rule.type == AttributeType::real && std::holds_alternative<int64_t>(value))
    value = static_cast<double>(std::get<int64_t>(value));
  if (!has_type(value, rule.type))
    return wrong(node, "attribute {} must be {}", rule.name, type_name(rule.type));
  if (rule.type != AttributeType::text || rule.choices.empty()) return {};
  const auto& text = std::get<std::string>(value);
  if (std::ranges::find(rule.choices, text) != rule.choices.end()) return {};
  return wrong(node, "attribute {} is \"{}\", expected one of {}", rule.name, text,
               fmt::join(rule.choices, ", "));
}

Result<> check_attributes(const Operator& op, Node& node) {
  for (auto& [name, value] : node.attributes) {
    const auto rule = std::ranges::find(op.attributes, name, &AttributeRule::name);
    if (rule == op.attributes.end()) return wrong(node, "attribute {} is unknown", name);
    ASSAY_TRY_VOID(check_attribute(node, *rule, value));
  }
  for (const AttributeRule& rule : op.attributes)
    if (rule.required && !node.has(rule.name)) return wrong(node, "attribute {} is missing", rule.name);
  return {};
}

}  // namespace

Result<> check_form(const Graph& graph, Node& node, std::span<const std::string> output_names) {
  ASSAY_TRY(const Operator* op, known_operator(node));
  const auto values = static_cast<ValueId>(graph.values().size());
  for (const ValueId id : node.inputs)
    if (id < kAbsent || id >= values) return wrong(node, "an input is no value of the graph");
  ASSAY_TRY_VOID(check_operands(node, op->inputs, node.inputs.size(), "input",
                                [&](size_t i) { return node.inputs[i] != kAbsent; }));
  ASSAY_TRY_VOID(check_operands(node, op->outputs, output_names.size(), "output",
                                [&](size_t i) { return !output_names[i].empty(); }));
  return check_attributes(*op, node);
}

}  // namespace assay::graph
