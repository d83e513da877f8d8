// One node under inference: its operands by position, the checks that inference functions need, and error
// messages that name node and operator. Used by shapes_*.cc only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/operators.h"

namespace assay::graph {

using Types = Result<std::vector<TypedShape>>;

class Call {
 public:
  Call(const Graph& graph, const Node& node, const Operator& op) : graph_(graph), node_(node), op_(op) {}

  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] size_t inputs() const { return node_.inputs.size(); }
  [[nodiscard]] size_t outputs() const { return node_.outputs.size(); }
  [[nodiscard]] bool given(size_t i) const { return node_.input(i) != kAbsent; }

  // Of an input that is given.
  [[nodiscard]] const Value& value(size_t i) const { return graph_.value(node_.input(i)); }
  [[nodiscard]] const Shape& shape(size_t i) const { return value(i).shape; }
  [[nodiscard]] size_t rank(size_t i) const { return shape(i).size(); }
  [[nodiscard]] DType dtype(size_t i) const { return value(i).dtype; }
  // "W (model.norm.weight)".
  [[nodiscard]] std::string operand(size_t i) const;

  // An error that starts with node and operator.
  template <class... Args>
  [[nodiscard]] std::unexpected<Error> error(fmt::format_string<Args...> format, Args&&... args) const {
    return wrong(fmt::format(format, std::forward<Args>(args)...));
  }

  [[nodiscard]] Result<> need_rank(size_t i, size_t low, size_t high = 1000) const;
  [[nodiscard]] Result<> need_shape(size_t i, const Shape& expected) const;
  [[nodiscard]] Result<> need_floating(size_t i) const;
  [[nodiscard]] Result<> need_number(size_t i) const;  // not boolean
  [[nodiscard]] Result<> need_index(size_t i) const;   // i64 or i32
  [[nodiscard]] Result<> need_boolean(size_t i) const;
  [[nodiscard]] Result<> need_same_type(size_t i, size_t j) const;
  // Input i broadcasts to `target` without changing it.
  [[nodiscard]] Result<> need_broadcast_to(size_t i, const Shape& target) const;

  // The values of a constant integer operand of rank 0 or 1.
  [[nodiscard]] Result<std::vector<int64_t>> constant_integers(size_t i) const;
  // The values of a constant f32 operand of rank 0 or 1.
  [[nodiscard]] Result<std::vector<float>> constant_floats(size_t i) const;
  // `axis` counted from the start; fails when it lies outside a tensor of that rank.
  [[nodiscard]] Result<size_t> axis(int64_t axis, size_t rank) const;
  // Distinct axes counted from the start, in the order given.
  [[nodiscard]] Result<std::vector<size_t>> axes(const std::vector<int64_t>& axes, size_t rank) const;
  // The common shape of inputs i and j under numpy's broadcasting.
  [[nodiscard]] Result<Shape> broadcast_inputs(size_t i, size_t j) const;

 private:
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& what) const;
  [[nodiscard]] Result<> need_constant(size_t i) const;
  [[nodiscard]] Result<> need_type(size_t i, bool fits, std::string_view expected) const;

  const Graph& graph_;
  const Node& node_;
  const Operator& op_;
};

// One output.
[[nodiscard]] inline Types one(DType dtype, Shape shape) {
  return std::vector<TypedShape>{{dtype, std::move(shape)}};
}

}  // namespace assay::graph
