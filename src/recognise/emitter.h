// The graph that recognition writes: values and nodes of the old one copied, and what a rule puts in the
// place of a node.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "recognise/recognise.h"
#include "recognise/view.h"

namespace assay::recognise {

class Emitter {
 public:
  // Copies all values that no node computes.
  [[nodiscard]] static Result<Emitter> start(const Graph& source);

  // The node as it is.
  [[nodiscard]] Result<> copy(const Node& node);

  // For rules; all values are the old graph's, so that a rule reads like the pattern. A node that is put in
  // has one output, which counts as a value of the old graph from then on. A node before the last one of a
  // replacement.
  [[nodiscard]] Result<ValueId> put(const Node& root, std::string_view part, std::string op,
                                    const std::vector<ValueId>& inputs, graph::Attributes attributes = {});
  // The last one: it takes the root's place and the name of its output.
  [[nodiscard]] Result<> finish(const Node& root, std::string op, const std::vector<ValueId>& inputs,
                                graph::Attributes attributes = {});
  // A constant of its own.
  [[nodiscard]] Result<ValueId> constant(const Node& root, std::string_view part, graph::Tensor data);
  // The transpose of a matrix among the parameters.
  [[nodiscard]] Result<ValueId> transposed(ValueId parameter);
  // That constant of the old graph stands for this number.
  void means(ValueId constant, double number);

  // Without nodes whose results nobody reads.
  [[nodiscard]] Result<Recognised> result() &&;

 private:
  explicit Emitter(const Graph& source);
  [[nodiscard]] std::vector<ValueId> mapped(const std::vector<ValueId>& olds) const;
  [[nodiscard]] ValueId remember(ValueId made);
  [[nodiscard]] std::string unique(std::string name) const;

  const Graph& source_;
  Graph copy_;
  std::vector<ValueId> ids_;  // by the old graph's, those that were put in behind them
  std::map<std::string, std::string> transposed_;
  std::map<std::string, double> meant_;
};

}  // namespace assay::recognise
