#include "graph/builder.h"

#include <algorithm>

namespace assay::graph {
namespace {

bool same_data(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::ranges::equal(a.bytes(), b.bytes());
}

}  // namespace

// The value of a Result, or, after remembering the first error, an empty one.
ValueId Builder::keep(Result<ValueId> result) {
  if (result) return *result;
  error_ = std::move(result).error();
  return kAbsent;
}

ValueId Builder::input(std::string name, DType dtype, Shape shape) {
  return error_ ? kAbsent : keep(graph_.add_input(std::move(name), dtype, std::move(shape)));
}

ValueId Builder::state(std::string name, DType dtype, Shape shape) {
  return error_ ? kAbsent : keep(graph_.add_state(std::move(name), dtype, std::move(shape)));
}

ValueId Builder::parameter(std::string name, Shape shape, Init init, bool trainable) {
  return error_ ? kAbsent : keep(graph_.add_parameter(std::move(name), std::move(shape), init, trainable));
}

ValueId Builder::constant(std::string name, Tensor data) {
  if (error_) return kAbsent;
  if (const auto known = graph_.find(name)) {
    const Value& value = graph_.value(*known);
    if (value.role == Role::constant && same_data(value.data, data)) return *known;
  }
  return keep(graph_.add_constant(std::move(name), std::move(data)));
}

ValueId Builder::op(std::string name, std::string op, std::vector<ValueId> inputs, Attributes attributes) {
  const std::string output = name;
  return ops(std::move(name), std::move(op), std::move(inputs), std::move(attributes), {output}).front();
}

std::vector<ValueId> Builder::ops(std::string name, std::string op, std::vector<ValueId> inputs,
                                  Attributes attributes, const std::vector<std::string>& output_names) {
  const std::vector<ValueId> nothing(output_names.size(), kAbsent);
  if (error_) return nothing;
  auto ids =
      graph_.add_node(std::move(name), std::move(op), std::move(inputs), std::move(attributes), output_names);
  if (ids) return *std::move(ids);
  error_ = std::move(ids).error();
  return nothing;
}

void Builder::output(ValueId value) {
  if (!error_) graph_.add_output(value);
}

Shape Builder::shape(ValueId value) const {
  return error_ || value == kAbsent ? Shape() : graph_.value(value).shape;
}

Result<Graph> Builder::finish() && {
  if (error_) return std::unexpected(*std::move(error_));
  return std::move(graph_);
}

}  // namespace assay::graph
