// The state of one reverse pass: which forward value is which value of the gradient graph, which ones matter,
// and the sum of gradients that each has received so far.
#pragma once

#include <map>
#include <vector>

#include "autodiff/emitter.h"
#include "graph/graph.h"

namespace assay::autodiff {

class Tape {
 public:
  // `loss`: the forward value that is differentiated.
  Tape(const graph::Graph& forward, ValueId loss, Emitter& emitter);

  [[nodiscard]] const graph::Graph& forward() const { return forward_; }
  // The node computes something the loss depends on.
  [[nodiscard]] bool needed(const graph::Node& node) const;
  // The value lies on a path from a trainable parameter to the loss.
  [[nodiscard]] bool active(ValueId forward_value) const;
  [[nodiscard]] bool active(const graph::Node& node) const;

  [[nodiscard]] ValueId value(ValueId forward_value) const;
  void set_value(ValueId forward_value, ValueId value);
  // The outputs of a forward node, also those that only its gradient rule reads.
  [[nodiscard]] ValueId output(const graph::Node& node, size_t i) const;
  void set_outputs(const graph::Node& node, std::vector<ValueId> outputs);

  void add(ValueId forward_value, ValueId gradient);
  void add_rows(ValueId forward_value, ValueId indices, ValueId rows);
  [[nodiscard]] bool has_gradient(ValueId forward_value) const;
  // The sum of all that was added, in the value's shape; zeros when that is nothing.
  ValueId gradient(ValueId forward_value);

 private:
  struct Rows {
    ValueId indices;
    ValueId rows;
  };
  // Rows are added last, onto the sum of the rest: a table's gradient is then written once.
  struct Sum {
    ValueId whole = kAbsent;
    std::vector<Rows> rows;
  };

  void mark_needed(ValueId loss);
  void mark_trained();

  const graph::Graph& forward_;
  Emitter& emitter_;
  std::vector<ValueId> values_;
  std::map<const graph::Node*, std::vector<ValueId>> outputs_;
  std::vector<bool> needed_;   // by forward value: the loss depends on it
  std::vector<bool> trained_;  // by forward value: it depends on a trainable parameter
  std::vector<Sum> sums_;
};

}  // namespace assay::autodiff
