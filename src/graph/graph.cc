#include "graph/graph.h"

#include "graph/operators.h"
#include "graph/shapes.h"

namespace assay::graph {
namespace {

template <class T>
const T* attribute(const Node& node, std::string_view name) {
  for (const auto& [key, value] : node.attributes)
    if (key == name) return std::get_if<T>(&value);
  return nullptr;
}

bool is_sane(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t dimension : shape)
    if (dimension < 0 || dimension > kMostElements || __builtin_mul_overflow(count, dimension, &count) ||
        count >= kMostElements)
      return false;
  return true;
}

}  // namespace

int64_t Node::integer(std::string_view key, int64_t otherwise) const {
  const auto* value = attribute<int64_t>(*this, key);
  return value != nullptr ? *value : otherwise;
}

double Node::real(std::string_view key, double otherwise) const {
  const auto* value = attribute<double>(*this, key);
  return value != nullptr ? *value : otherwise;
}

std::string Node::text(std::string_view key, std::string_view otherwise) const {
  const auto* value = attribute<std::string>(*this, key);
  return value != nullptr ? *value : std::string(otherwise);
}

std::vector<int64_t> Node::integers(std::string_view key, const std::vector<int64_t>& otherwise) const {
  const auto* value = attribute<std::vector<int64_t>>(*this, key);
  return value != nullptr ? *value : otherwise;
}

bool Node::has(std::string_view key) const { return attributes.contains(std::string(key)); }

Result<ValueId> Graph::add_value(Value value) {
  if (value.name.empty()) return fail(ErrorKind::data, "graph {}: a value without a name", name_);
  if (!is_sane(value.shape))
    return fail(ErrorKind::data, "value {}: shape {} has a negative dimension, or 2^40 elements or more",
                value.name, tensor::to_string(value.shape));
  const auto id = static_cast<ValueId>(values_.size());
  if (!by_name_.emplace(value.name, id).second)
    return fail(ErrorKind::data, "graph {}: the name {} is given to two values", name_, value.name);
  values_.push_back(std::move(value));
  return id;
}

Result<ValueId> Graph::add_input(std::string name, DType dtype, Shape shape) {
  return add_value({.name = std::move(name), .dtype = dtype, .shape = std::move(shape), .role = Role::input});
}

Result<ValueId> Graph::add_state(std::string name, DType dtype, Shape shape) {
  return add_value({.name = std::move(name), .dtype = dtype, .shape = std::move(shape), .role = Role::state});
}

Result<ValueId> Graph::add_parameter(std::string name, Shape shape, Init init, bool trainable) {
  return add_value({.name = std::move(name),
                    .shape = std::move(shape),
                    .role = Role::parameter,
                    .init = init,
                    .trainable = trainable});
}

Result<ValueId> Graph::add_constant(std::string name, Tensor data) {
  const DType dtype = data.dtype();
  const Shape shape = data.shape();
  return add_value({.name = std::move(name),
                    .dtype = dtype,
                    .shape = shape,
                    .role = Role::constant,
                    .data = std::move(data)});
}

Result<std::vector<ValueId>> Graph::add_node(std::string name, std::string op, std::vector<ValueId> inputs,
                                             Attributes attributes,
                                             const std::vector<std::string>& output_names) {
  if (name.empty()) return fail(ErrorKind::data, "graph {}: a node without a name ({})", name_, op);
  if (node_names_.contains(name))
    return fail(ErrorKind::data, "graph {}: the name {} is given to two nodes", name_, name);
  Node node{.name = std::move(name),
            .op = std::move(op),
            .inputs = std::move(inputs),
            .outputs = std::vector<ValueId>(output_names.size(), kAbsent),
            .attributes = std::move(attributes)};
  ASSAY_TRY_VOID(check_form(*this, node, output_names));
  ASSAY_TRY(const std::vector<TypedShape> types, infer(*this, node));
  for (size_t i = 0; i < output_names.size(); ++i) {
    if (output_names[i].empty()) continue;
    Value value{.name = output_names[i], .dtype = types[i].dtype, .shape = types[i].shape};
    ASSAY_TRY(node.outputs[i], add_value(std::move(value)));
  }
  node_names_.insert(node.name);
  nodes_.push_back(std::move(node));
  return nodes_.back().outputs;
}

const Value& Graph::value(ValueId id) const {
  ASSAY_CHECK(id >= 0 && static_cast<size_t>(id) < values_.size(), "value {} of {}", id, values_.size());
  return values_[static_cast<size_t>(id)];
}

std::optional<ValueId> Graph::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<ValueId> Graph::with_role(Role role) const {
  std::vector<ValueId> ids;
  for (size_t i = 0; i < values_.size(); ++i)
    if (values_[i].role == role) ids.push_back(static_cast<ValueId>(i));
  return ids;
}

}  // namespace assay::graph
