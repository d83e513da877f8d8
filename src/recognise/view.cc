#include "recognise/view.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::recognise {

using tensor::DType;

View::View(const Graph& graph, const tensor::TensorMap& weights)
    : graph_(graph), weights_(weights), producers_(graph.values().size(), nullptr) {
  for (const Node& node : graph.nodes())
    if (node.output(0) != kAbsent) producers_[static_cast<size_t>(node.outputs[0])] = &node;
}

const Node* View::made_by(ValueId id, std::string_view op) const {
  if (id == kAbsent) return nullptr;
  const Node* node = producers_[static_cast<size_t>(id)];
  return node != nullptr && node->op == op ? node : nullptr;
}

std::optional<double> View::number(ValueId id) const {
  if (id == kAbsent) return std::nullopt;
  const Value& value = graph_.value(id);
  if (value.role != graph::Role::constant || value.data.size() != 1) return std::nullopt;
  if (value.dtype == DType::f32) return value.data.data<float>()[0];
  if (value.dtype == DType::i64) return static_cast<double>(value.data.data<int64_t>()[0]);
  return std::nullopt;
}

std::optional<std::vector<int64_t>> View::integers(ValueId id) const {
  if (id == kAbsent) return std::nullopt;
  const Value& value = graph_.value(id);
  if (value.role != graph::Role::constant || value.dtype != DType::i64) return std::nullopt;
  const auto data = value.data.data<int64_t>();
  return std::vector<int64_t>(data.begin(), data.end());
}

std::optional<graph::Tensor> View::floats(ValueId id) const {
  const Value& value = graph_.value(id);
  if (value.dtype != DType::f32) return std::nullopt;
  if (value.role == graph::Role::constant) return value.data;
  const auto known = weights_.find(value.name);
  const bool fits = value.role == graph::Role::parameter && known != weights_.end() &&
                    known->second.dtype() == DType::f32 && known->second.shape() == value.shape;
  return fits ? std::optional(known->second) : std::nullopt;
}

bool View::known(ValueId id) const {
  const graph::Role role = graph_.value(id).role;
  return role == graph::Role::parameter || role == graph::Role::constant;
}

std::optional<ValueId> View::other(const Node& node, ValueId one) const {
  if (node.inputs.size() != 2) return std::nullopt;
  if (node.inputs[0] == one) return node.inputs[1];
  if (node.inputs[1] == one) return node.inputs[0];
  return std::nullopt;
}

std::optional<View::Scaled> View::with_number(const Node& node) const {
  if (node.inputs.size() != 2) return std::nullopt;
  for (const size_t i : {1, 0})
    if (const auto found = number(node.inputs[i]))
      return Scaled{.value = node.inputs[1 - i], .number = *found, .constant = node.inputs[i]};
  return std::nullopt;
}

std::vector<ValueId> View::factors(ValueId product) const {
  constexpr size_t kMost = 8;
  std::vector<ValueId> result = {product};
  for (size_t i = 0; i < result.size() && result.size() <= kMost;) {
    const Node* mul = made_by(result[i], "Mul");
    if (mul == nullptr) {
      ++i;
      continue;
    }
    result[i] = mul->inputs[0];
    result.push_back(mul->inputs[1]);
  }
  return result;
}

std::optional<size_t> View::trailing_axis(const Node& reduction) const {
  const size_t rank = shape(reduction.inputs[0]).size();
  auto axes = integers(reduction.input(1));
  if (!axes || axes->empty() || reduction.integer("keepdims", 1) != 1) return std::nullopt;
  for (int64_t& axis : *axes) axis += axis < 0 ? static_cast<int64_t>(rank) : 0;
  std::ranges::sort(*axes);
  const auto first = static_cast<size_t>(axes->front());
  if (axes->size() != rank - first) return std::nullopt;
  for (size_t i = 0; i < axes->size(); ++i)
    if ((*axes)[i] != static_cast<int64_t>(first + i)) return std::nullopt;
  return first;
}

bool is_about(double number, double exact) {
  return std::abs(number - exact) <= std::abs(exact) * std::numeric_limits<float>::epsilon();
}

}  // namespace assay::recognise
