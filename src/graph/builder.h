// Writing a graph in code without an error check a line: a Builder keeps the first error and gives it at
// finish(). After an error every call does nothing and returns kAbsent.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace assay::graph {

class Builder {
 public:
  explicit Builder(std::string name) : graph_(std::move(name)) {}
  // Goes on from a graph that exists, e.g. to append a gradient.
  explicit Builder(Graph graph) : graph_(std::move(graph)) {}

  ValueId input(std::string name, DType dtype, Shape shape);
  ValueId state(std::string name, DType dtype, Shape shape);
  ValueId parameter(std::string name, Shape shape, Init init, bool trainable = true);
  // A constant; equal data under the same name is shared, other data under a taken name is an error.
  ValueId constant(std::string name, Tensor data);

  // A node with one output, named like the node.
  ValueId op(std::string name, std::string op, std::vector<ValueId> inputs, Attributes attributes = {});
  // A node with several outputs; the number returned is that of `output_names`.
  std::vector<ValueId> ops(std::string name, std::string op, std::vector<ValueId> inputs,
                           Attributes attributes, const std::vector<std::string>& output_names);
  void output(ValueId value);

  // The shape of a value made before; empty after an error.
  [[nodiscard]] Shape shape(ValueId value) const;
  [[nodiscard]] const Graph& graph() const { return graph_; }

  // The graph, or the first error.
  [[nodiscard]] Result<Graph> finish() &&;

 private:
  ValueId keep(Result<ValueId> result);

  Graph graph_;
  std::optional<Error> error_;
};

}  // namespace assay::graph
