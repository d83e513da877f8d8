// A graph as a pattern looks at it: from a value back to the node that computes it.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace assay::recognise {

using graph::Graph;
using graph::kAbsent;
using graph::Node;
using graph::Shape;
using graph::Value;
using graph::ValueId;

class View {
 public:
  // `weights`: the parameters that are known, by name.
  View(const Graph& graph, const tensor::TensorMap& weights);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  // Whether the value is the graph's, none that was put in.
  [[nodiscard]] bool has(ValueId id) const { return static_cast<size_t>(id) < producers_.size(); }
  [[nodiscard]] const Value& value(ValueId id) const { return graph_.value(id); }
  [[nodiscard]] const Shape& shape(ValueId id) const { return graph_.value(id).shape; }

  // The node that computes the value as its first output, if it is of that operator; else null.
  [[nodiscard]] const Node* made_by(ValueId id, std::string_view op) const;
  // The one number that a constant holds, of whatever shape with one element.
  [[nodiscard]] std::optional<double> number(ValueId id) const;
  // The integers of a constant.
  [[nodiscard]] std::optional<std::vector<int64_t>> integers(ValueId id) const;
  // What a float32 constant holds, or a parameter whose weights are known: exporters keep tables as either.
  [[nodiscard]] std::optional<graph::Tensor> floats(ValueId id) const;
  // A parameter or a constant: known before any step.
  [[nodiscard]] bool known(ValueId id) const;

  // Of a node with two inputs, of which one is that value: the other one.
  [[nodiscard]] std::optional<ValueId> other(const Node& node, ValueId one) const;
  // Of a node with two inputs, one of which is a number: that other input and the number.
  struct Scaled {
    ValueId value = kAbsent;
    double number = 0;
    ValueId constant = kAbsent;
  };
  [[nodiscard]] std::optional<Scaled> with_number(const Node& node) const;
  // The factors of a product, of products of products; at most eight.
  [[nodiscard]] std::vector<ValueId> factors(ValueId product) const;

  // Of a reduction: whether it goes over exactly the trailing axes from `first` on and keeps them as 1.
  // Returns that first axis, counted from the start.
  [[nodiscard]] std::optional<size_t> trailing_axis(const Node& reduction) const;

 private:
  const Graph& graph_;
  const tensor::TensorMap& weights_;
  std::vector<const Node*> producers_;
};

// Whether a number is that one, as float32 rounds it, or a step of float32 beside it.
[[nodiscard]] bool is_about(double number, double exact);

}  // namespace assay::recognise
