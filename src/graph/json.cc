#include "graph/json.h"

#include <fmt/ranges.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "graph/roles.h"

namespace assay::graph {
namespace {

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The shortest text that reads back as the same double, always with a fraction or an exponent. JSON has no
// numbers that are not finite: those are the texts "inf", "-inf" and "nan".
std::string real_text(double value) {
  if (std::isnan(value)) return "\"nan\"";
  if (std::isinf(value)) return value > 0 ? "\"inf\"" : "\"-inf\"";
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// Shorter: the shortest text of a float32, where reading it as a double and rounding that gives the same
// float32.
std::string float_text(float value) {
  if (!std::isfinite(value)) return real_text(value);
  std::string text = fmt::format("{}", value);
  if (static_cast<float>(std::strtod(text.c_str(), nullptr)) != value) return real_text(value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

template <class T, class Text>
std::string list_of(const Tensor& data, Text text) {
  std::vector<std::string> parts;
  for (const T element : data.data<T>()) parts.push_back(text(element));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string data_text(const Tensor& data) {
  switch (data.dtype()) {
    case DType::f32:
      return list_of<float>(data, float_text);
    case DType::f64:
      return list_of<double>(data, real_text);
    case DType::f16:
    case DType::bf16:
      return list_of<float>(tensor::converted(data, DType::f32), float_text);
    case DType::i64:
      return list_of<int64_t>(data, [](int64_t i) { return fmt::format("{}", i); });
    case DType::i32:
      return list_of<int32_t>(data, [](int32_t i) { return fmt::format("{}", i); });
    case DType::boolean:
      return list_of<bool>(data, [](bool b) { return std::string(b ? "true" : "false"); });
  }
  return "[]";
}

std::string value_text(const Value& value) {
  std::string text =
      fmt::format(R"({{"name": {}, "dtype": "{}", "shape": {}, "role": "{}")", json_text(value.name),
                  tensor::dtype_name(value.dtype), tensor::to_string(value.shape), role_name(value.role));
  if (value.role == Role::constant) text += fmt::format(R"(, "data": {})", data_text(value.data));
  if (value.role == Role::parameter)
    text += fmt::format(R"(, "trainable": {}, "init": {{"mean": {}, "std": {}}})", value.trainable,
                        real_text(value.init.mean), real_text(value.init.std));
  return text + "}";
}

struct AttributeText {
  std::string operator()(int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return real_text(value); }
  std::string operator()(const std::string& value) const { return json_text(value); }
  std::string operator()(const std::vector<int64_t>& value) const { return tensor::to_string(value); }
};

std::string names_text(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<std::string> names;
  for (const ValueId id : ids) names.push_back(json_text(id == kAbsent ? "" : graph.value(id).name));
  return fmt::format("[{}]", fmt::join(names, ", "));
}

std::string node_text(const Graph& graph, const Node& node) {
  std::vector<std::string> attributes;
  for (const auto& [name, value] : node.attributes)
    attributes.push_back(fmt::format("{}: {}", json_text(name), std::visit(AttributeText{}, value)));
  return fmt::format(R"({{"name": {}, "op": {}, "inputs": {}, "outputs": {}, "attributes": {{{}}}}})",
                     json_text(node.name), json_text(node.op), names_text(graph, node.inputs),
                     names_text(graph, node.outputs), fmt::join(attributes, ", "));
}

}  // namespace

std::string to_json(const Graph& graph) {
  std::vector<std::string> values;
  for (const Value& value : graph.values()) values.push_back("  " + value_text(value));
  std::vector<std::string> nodes;
  for (const Node& node : graph.nodes()) nodes.push_back("  " + node_text(graph, node));
  return fmt::format(
      "{{\"assay_graph\": 1,\n \"name\": {},\n \"values\": [\n{}],\n \"nodes\": [\n{}],\n \"outputs\": {}}}",
      json_text(graph.name()), fmt::join(values, ",\n"), fmt::join(nodes, ",\n"),
      names_text(graph, graph.outputs()));
}

std::string content_hash(const Graph& graph) { return Hasher().add(to_json(graph)).hex(); }

}  // namespace assay::graph
