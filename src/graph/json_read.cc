// Reading the graph format. The graph is built again node by node, so everything that building checks is
// checked here too; what the text states besides (types and shapes of computed values) must agree with
// inference.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/json_fields.h"
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

std::optional<double> real_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
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

Stated read_stated(JsonFields& fields) {
  Stated stated;
  stated.name = fields.text("name");
  fields.set_where("graph: value " + stated.name);
  stated.dtype = fields.named("dtype", tensor::dtype_from_name, "F32, F64, F16, BF16, I64, I32 or BOOL");
  stated.role = fields.named("role", role_from_name, "input, state, parameter, constant or computed");
  stated.shape = fields.integers("shape");
  return stated;
}

double read_real(JsonFields& fields, const char* key) {
  constexpr const char* kExpectation = "a number";
  const Json* value = fields.value(key, kExpectation);
  const auto real = value != nullptr ? real_of(*value) : std::nullopt;
  if (!real) fields.refuse(key, kExpectation);
  return real.value_or(0);
}

Result<ValueId> add_parameter(Graph& graph, const Stated& stated, JsonFields& fields) {
  if (stated.dtype != DType::f32) fields.refuse("dtype", "F32 of a parameter");
  const bool trainable = fields.boolean("trainable");
  Init init;
  if (fields.has("init"))
    fields.nested("init", [&](JsonFields& drawn) {
      init = {.mean = read_real(drawn, "mean"), .std = read_real(drawn, "std")};
    });
  ASSAY_TRY_VOID(fields.finish());
  return graph.add_parameter(stated.name, stated.shape, init, trainable);
}

Result<ValueId> add_constant(Graph& graph, const Stated& stated, JsonFields& fields) {
  const Json* data = fields.list("data");
  ASSAY_TRY_VOID(fields.finish());
  const std::string where = "value " + stated.name;
  int64_t count = 1;
  for (const int64_t dimension : stated.shape)
    if (dimension < 0 || __builtin_mul_overflow(count, dimension, &count)) count = -1;
  if (count != static_cast<int64_t>(data->size()))
    return wrong("{} has {} elements of data for shape {}", where, data->size(),
                 tensor::to_string(stated.shape));
  ASSAY_TRY(Tensor tensor, read_data(stated.dtype, stated.shape, *data, where));
  return graph.add_constant(stated.name, std::move(tensor));
}

Result<ValueId> add_given(Graph& graph, const Stated& stated, JsonFields& fields) {
  if (stated.role == Role::parameter) return add_parameter(graph, stated, fields);
  if (stated.role == Role::constant) return add_constant(graph, stated, fields);
  ASSAY_TRY_VOID(fields.finish());
  return stated.role == Role::state ? graph.add_state(stated.name, stated.dtype, stated.shape)
                                    : graph.add_input(stated.name, stated.dtype, stated.shape);
}

const AttributeRule* find_rule(const Operator* known, std::string_view name) {
  if (known == nullptr) return nullptr;
  const auto found = std::ranges::find(known->attributes, name, &AttributeRule::name);
  return found == known->attributes.end() ? nullptr : &*found;
}

Attribute read_attribute(JsonFields& fields, const std::string& name, const AttributeRule* rule) {
  constexpr const char* kExpectation = "a number, a text or a list of integers";
  const Json* value = fields.value(name, kExpectation);
  if (value == nullptr) return {};
  if (rule != nullptr && rule->type == AttributeType::real) {
    if (const auto real = real_of(*value)) return *real;
  }
  if (const auto integer = integer_of(*value)) return *integer;
  if (value->is_number_float()) return value->get<double>();
  if (value->is_string()) return value->get<std::string>();
  if (value->is_array()) return fields.integers(name);
  fields.refuse(name, kExpectation);
  return {};
}

Attributes read_attributes(JsonFields& fields, std::string_view op) {
  Attributes attributes;
  if (!fields.has("attributes")) return attributes;
  const Operator* known = find_operator(op);
  fields.nested("attributes", [&](JsonFields& stated) {
    for (const std::string& name : stated.unread())
      attributes[name] = read_attribute(stated, name, find_rule(known, name));
  });
  return attributes;
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
  JsonFields fields(entry, fmt::format("graph: nodes[{}]", index));
  const std::string name = fields.text("name");
  fields.set_where("graph: node " + name);
  const std::string op = fields.text("op");
  const auto inputs = fields.texts("inputs"), outputs = fields.texts("outputs");
  const Attributes attributes = read_attributes(fields, op);
  ASSAY_TRY_VOID(fields.finish());
  ASSAY_TRY(const auto ids, find_all(graph, inputs, "node " + name));
  ASSAY_TRY([[maybe_unused]] const auto added, graph.add_node(name, op, ids, attributes, outputs));
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
    JsonFields fields(values[i], fmt::format("graph: values[{}]", i));
    const Stated stated = read_stated(fields);
    ASSAY_TRY_VOID(fields.status());
    if (stated.role != Role::computed) {
      ASSAY_TRY([[maybe_unused]] const ValueId id, add_given(graph, stated, fields));
      continue;
    }
    ASSAY_TRY_VOID(fields.finish());
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
  JsonFields fields(document, "graph");
  if (fields.integer("assay_graph") != 1)
    fields.refuse("assay_graph", "1, the version that this program reads");
  Graph graph(fields.text("name"));
  const Json* values = fields.list("values");
  const Json* nodes = fields.list("nodes");
  const auto outputs = fields.texts("outputs");
  ASSAY_TRY_VOID(fields.finish());
  ASSAY_TRY_VOID(add_values_and_nodes(graph, *values, *nodes));
  ASSAY_TRY(const auto ids, find_all(graph, outputs, "\"outputs\""));
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
  return read_graph(document);
}

}  // namespace assay::graph
