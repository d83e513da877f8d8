// Reading the graph format. The graph is built again node by node, so everything that building checks is
// checked here too; what the text states besides (types and shapes of computed values) must agree with
// inference.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "graph/json.h"
#include "graph/operators.h"
#include "graph/roles.h"

namespace assay::graph {
namespace {

using Json = nlohmann::json;

template <class... Args>
std::unexpected<Error> wrong(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorKind::data, "graph: {}", fmt::format(format, std::forward<Args>(args)...));
}

// Element `key` of an object; `where` names the object in messages.
Result<const Json*> field(const Json& object, const char* key, std::string_view where) {
  if (!object.is_object()) return wrong("{} is {}, expected an object", where, object.type_name());
  const auto found = object.find(key);
  if (found == object.end()) return wrong("{} has no \"{}\"", where, key);
  return &*found;
}

Result<std::string> text_field(const Json& object, const char* key, std::string_view where) {
  ASSAY_TRY(const Json* value, field(object, key, where));
  if (!value->is_string())
    return wrong("\"{}\" of {} is {}, expected a text", key, where, value->type_name());
  return value->get<std::string>();
}

Result<const Json*> array_field(const Json& object, const char* key, std::string_view where) {
  ASSAY_TRY(const Json* value, field(object, key, where));
  if (!value->is_array()) return wrong("\"{}\" of {} is {}, expected a list", key, where, value->type_name());
  return value;
}

std::optional<int64_t> integer_of(const Json& value) {
  if (value.is_number_unsigned() && value.get<uint64_t>() > std::numeric_limits<int64_t>::max())
    return std::nullopt;
  return value.is_number_integer() ? std::optional(value.get<int64_t>()) : std::nullopt;
}

std::optional<double> real_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

Result<std::vector<int64_t>> integers_of(const Json& list, std::string_view where) {
  std::vector<int64_t> values;
  for (const Json& entry : list) {
    const auto value = integer_of(entry);
    if (!value)
      return wrong("{} holds {}, expected integers", where,
                   entry.dump(-1, ' ', true, Json::error_handler_t::replace));
    values.push_back(*value);
  }
  return values;
}

// Fills a tensor with the elements of `list`; `read` gives an element or nothing.
template <class T, class Read>
Result<Tensor> filled(DType dtype, const Shape& shape, const Json& list, std::string_view where, Read read) {
  Tensor result(dtype, shape);
  auto target = result.mutable_data<T>();
  for (size_t i = 0; i < target.size(); ++i) {
    const auto element = read(list[i]);
    if (!element) return wrong("element {} of {}'s data is no {}", i, where, tensor::dtype_name(dtype));
    target[i] = static_cast<T>(*element);
  }
  return result;
}

std::optional<int64_t> int32_of(const Json& value) {
  const auto wide = integer_of(value);
  return wide && static_cast<int32_t>(*wide) == *wide ? wide : std::nullopt;
}

std::optional<bool> boolean_of(const Json& value) {
  return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

Result<Tensor> read_data(DType dtype, const Shape& shape, const Json& list, std::string_view where) {
  switch (dtype) {
    case DType::f32:
      return filled<float>(dtype, shape, list, where, real_of);
    case DType::f64:
      return filled<double>(dtype, shape, list, where, real_of);
    case DType::i64:
      return filled<int64_t>(dtype, shape, list, where, integer_of);
    case DType::i32:
      return filled<int32_t>(dtype, shape, list, where, int32_of);
    case DType::boolean:
      return filled<bool>(dtype, shape, list, where, boolean_of);
    case DType::f16:
    case DType::bf16: {
      ASSAY_TRY(const Tensor wide, filled<float>(DType::f32, shape, list, where, real_of));
      return tensor::converted(wide, dtype);
    }
  }
  return wrong("{} has an unknown type", where);
}

// What a value's entry says.
struct Stated {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  Role role = Role::computed;
};

Result<Stated> read_stated(const Json& entry, size_t index) {
  Stated stated;
  ASSAY_TRY(stated.name, text_field(entry, "name", fmt::format("value {}", index)));
  const std::string where = "value " + stated.name;
  ASSAY_TRY(const std::string dtype, text_field(entry, "dtype", where));
  const auto known_dtype = tensor::dtype_from_name(dtype);
  if (!known_dtype) return wrong("{} has the unknown dtype \"{}\"", where, dtype);
  ASSAY_TRY(const std::string role, text_field(entry, "role", where));
  const auto known_role = role_from_name(role);
  if (!known_role) return wrong("{} has the unknown role \"{}\"", where, role);
  ASSAY_TRY(const Json* shape, array_field(entry, "shape", where));
  ASSAY_TRY(stated.shape, integers_of(*shape, "the shape of " + where));
  stated.dtype = *known_dtype;
  stated.role = *known_role;
  return stated;
}

Result<ValueId> add_parameter(Graph& graph, const Stated& stated, const Json& entry) {
  const std::string where = "value " + stated.name;
  if (stated.dtype != DType::f32)
    return wrong("{} is a parameter of type {}, expected F32", where, tensor::dtype_name(stated.dtype));
  ASSAY_TRY(const Json* trainable, field(entry, "trainable", where));
  if (!trainable->is_boolean()) return wrong("\"trainable\" of {} must be true or false", where);
  Init init;
  if (entry.contains("init")) {
    ASSAY_TRY(const Json* mean, field(entry["init"], "mean", "\"init\" of " + where));
    ASSAY_TRY(const Json* std, field(entry["init"], "std", "\"init\" of " + where));
    const auto mean_value = real_of(*mean);
    const auto std_value = real_of(*std);
    if (!mean_value || !std_value) return wrong("\"init\" of {} must hold numbers", where);
    init = {.mean = *mean_value, .std = *std_value};
  }
  return graph.add_parameter(stated.name, stated.shape, init, trainable->get<bool>());
}

Result<ValueId> add_constant(Graph& graph, const Stated& stated, const Json& entry) {
  const std::string where = "value " + stated.name;
  ASSAY_TRY(const Json* data, array_field(entry, "data", where));
  int64_t count = 1;
  for (const int64_t dimension : stated.shape)
    if (dimension < 0 || __builtin_mul_overflow(count, dimension, &count)) count = -1;
  if (count != static_cast<int64_t>(data->size()))
    return wrong("{} has {} elements of data for shape {}", where, data->size(),
                 tensor::to_string(stated.shape));
  ASSAY_TRY(Tensor tensor, read_data(stated.dtype, stated.shape, *data, where));
  return graph.add_constant(stated.name, std::move(tensor));
}

Result<ValueId> add_given(Graph& graph, const Stated& stated, const Json& entry) {
  switch (stated.role) {
    case Role::input:
      return graph.add_input(stated.name, stated.dtype, stated.shape);
    case Role::state:
      return graph.add_state(stated.name, stated.dtype, stated.shape);
    case Role::parameter:
      return add_parameter(graph, stated, entry);
    case Role::constant:
      return add_constant(graph, stated, entry);
    case Role::computed:
      break;
  }
  return wrong("value {} is computed by no node", stated.name);
}

Result<Attribute> read_attribute(const Json& value, const AttributeRule* rule, std::string_view where) {
  if (rule != nullptr && rule->type == AttributeType::real) {
    if (const auto real = real_of(value)) return *real;
  }
  if (const auto integer = integer_of(value)) return *integer;
  if (value.is_number_float()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return wrong("{} is {}", where, value.type_name());
  ASSAY_TRY(std::vector<int64_t> integers, integers_of(value, where));
  return integers;
}

Result<Attributes> read_attributes(const Json& entry, std::string_view op, std::string_view where) {
  Attributes attributes;
  if (!entry.contains("attributes")) return attributes;
  if (!entry["attributes"].is_object()) return wrong("\"attributes\" of {} must be an object", where);
  const Operator* known = find_operator(op);
  for (const auto& [name, value] : entry["attributes"].items()) {
    const AttributeRule* rule = nullptr;
    for (size_t i = 0; known != nullptr && i < known->attributes.size(); ++i)
      if (known->attributes[i].name == name) rule = &known->attributes[i];
    ASSAY_TRY(attributes[name], read_attribute(value, rule, fmt::format("attribute {} of {}", name, where)));
  }
  return attributes;
}

Result<std::vector<std::string>> texts_of(const Json& list, std::string_view where) {
  std::vector<std::string> texts;
  for (const Json& entry : list) {
    if (!entry.is_string()) return wrong("{} holds {}, expected texts", where, entry.type_name());
    texts.push_back(entry.get<std::string>());
  }
  return texts;
}

Result<std::vector<ValueId>> find_all(const Graph& graph, const std::vector<std::string>& names,
                                      std::string_view where) {
  std::vector<ValueId> ids;
  for (const std::string& name : names) {
    const auto id = name.empty() ? std::optional(kAbsent) : graph.find(name);
    if (!id) return wrong("{} refers to {}, which is no value before it", where, name);
    ids.push_back(*id);
  }
  return ids;
}

Result<> add_node(Graph& graph, const Json& entry, size_t index) {
  ASSAY_TRY(const std::string name, text_field(entry, "name", fmt::format("node {}", index)));
  const std::string where = "node " + name;
  ASSAY_TRY(const std::string op, text_field(entry, "op", where));
  ASSAY_TRY(const Json* inputs, array_field(entry, "inputs", where));
  ASSAY_TRY(const Json* outputs, array_field(entry, "outputs", where));
  ASSAY_TRY(const auto input_names, texts_of(*inputs, "\"inputs\" of " + where));
  ASSAY_TRY(const auto output_names, texts_of(*outputs, "\"outputs\" of " + where));
  ASSAY_TRY(const auto ids, find_all(graph, input_names, where));
  ASSAY_TRY(const Attributes attributes, read_attributes(entry, op, where));
  auto added = graph.add_node(name, op, ids, attributes, output_names);
  if (!added) return std::unexpected(std::move(added).error());
  return {};
}

Result<> check_computed(const Graph& graph, const Stated& stated) {
  const auto id = graph.find(stated.name);
  if (!id) return wrong("value {} is computed by no node", stated.name);
  const Value& value = graph.value(*id);
  if (value.dtype == stated.dtype && value.shape == stated.shape && value.role == Role::computed) return {};
  return wrong("value {} is stated as {} {}, but is {} {}", stated.name, tensor::dtype_name(stated.dtype),
               tensor::to_string(stated.shape), tensor::dtype_name(value.dtype),
               tensor::to_string(value.shape));
}

// Values and nodes in one order: a computed value is there once the next nodes have been added.
Result<> add_values_and_nodes(Graph& graph, const Json& values, const Json& nodes) {
  size_t next = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    ASSAY_TRY(const Stated stated, read_stated(values[i], i));
    if (stated.role != Role::computed) {
      ASSAY_TRY([[maybe_unused]] const ValueId id, add_given(graph, stated, values[i]));
      continue;
    }
    while (!graph.find(stated.name)) {
      if (next == nodes.size()) return wrong("value {} is computed by no node", stated.name);
      ASSAY_TRY_VOID(add_node(graph, nodes[next], next));
      ++next;
    }
    ASSAY_TRY_VOID(check_computed(graph, stated));
  }
  if (next < nodes.size())
    return wrong("the outputs of {} of {} nodes are not among the values", nodes.size() - next, nodes.size());
  if (graph.values().size() != values.size())
    return wrong("{} values are listed, {} are used or computed", values.size(), graph.values().size());
  return {};
}

Result<Graph> read_graph(const Json& document) {
  ASSAY_TRY(const Json* version, field(document, "assay_graph", "the document"));
  if (*version != 1) return wrong("\"assay_graph\" is {}, this program reads version 1", version->dump());
  ASSAY_TRY(const std::string name, text_field(document, "name", "the document"));
  ASSAY_TRY(const Json* values, array_field(document, "values", "the document"));
  ASSAY_TRY(const Json* nodes, array_field(document, "nodes", "the document"));
  ASSAY_TRY(const Json* outputs, array_field(document, "outputs", "the document"));
  Graph graph(name);
  ASSAY_TRY_VOID(add_values_and_nodes(graph, *values, *nodes));
  ASSAY_TRY(const auto output_names, texts_of(*outputs, "\"outputs\""));
  ASSAY_TRY(const auto ids, find_all(graph, output_names, "\"outputs\""));
  for (const ValueId id : ids) {
    if (id == kAbsent) return wrong("\"outputs\" holds an empty name");
    graph.add_output(id);
  }
  return graph;
}

}  // namespace

Result<Graph> from_json(std::string_view text) {
  // Constants are lists of numbers, and as long as they like.
  ASSAY_TRY(const Json document, parse_json(text, "graph", {.values = kMostGraphNumbers}));
  try {
    return read_graph(document);
  } catch (const nlohmann::json::exception& error) {
    return wrong("{}", error.what());
  }
}

}  // namespace assay::graph
