// What a gradient rule is and what it sees: one forward node, the gradients of its outputs, and an Emitter to
// write those of its inputs with. The registry of rules is the list of operators that can be differentiated.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autodiff/emitter.h"
#include "graph/graph.h"

namespace assay::autodiff {

class Tape;

// One forward node under differentiation. Values are ids of the gradient graph.
class GradientContext {
 public:
  GradientContext(Tape& tape, Emitter& emitter, const graph::Node& forward_node)
      : emit(emitter), node(forward_node), tape_(tape) {}

  Emitter& emit;
  const graph::Node& node;  // of the forward graph: name, operator, attributes

  [[nodiscard]] const graph::Graph& forward() const;
  // Input and output i as values of the gradient graph; kAbsent when left out.
  [[nodiscard]] ValueId input(size_t i) const;
  [[nodiscard]] ValueId output(size_t i = 0) const;
  [[nodiscard]] Shape shape(size_t input_index) const { return emit.shape(input(input_index)); }
  // `axis` (perhaps negative) of input 0 counted from the start.
  [[nodiscard]] size_t axis(int64_t axis) const;
  // The integers of a constant input.
  [[nodiscard]] std::vector<int64_t> integers(size_t input_index) const;

  // Whether the loss depends on output i along the path to the parameters.
  [[nodiscard]] bool has_gradient(size_t output_index) const;
  // The gradient of output i, in its full shape; zeros when the loss does not depend on it.
  [[nodiscard]] ValueId gradient(size_t output_index = 0);
  // Whether a trainable parameter depends on input i.
  [[nodiscard]] bool wants(size_t input_index) const;
  // Adds to the gradient of input i a value of its shape. Does nothing when it is not wanted.
  void give(size_t input_index, ValueId gradient);
  // Adds `rows` to the rows `indices` of the gradient of input i, as ScatterND does it: indices [..., 1],
  // rows [..., row shape].
  void give_rows(size_t input_index, ValueId indices, ValueId rows);

  // The rule does not cover this node; the first reason is kept.
  void fail(std::string reason) {
    if (!failure_) failure_ = std::move(reason);
  }
  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

 private:
  Tape& tape_;
  std::optional<std::string> failure_;
};

struct Rule {
  std::string_view op;
  void (*gradient)(GradientContext& context);
  // Optional outputs that the rule reads: those before this number are asked of the forward node.
  size_t outputs = 1;
  // The operator written so that its gradient finds the intermediate values it needs; nullptr: the node stays
  // as it is. Returns the outputs.
  std::vector<ValueId> (*forward)(GradientContext& context) = nullptr;
};

// All rules, and the one for an operator or nullptr.
[[nodiscard]] const std::vector<Rule>& rules();
[[nodiscard]] const Rule* find_rule(std::string_view op);

// The rules by kind, one file each.
[[nodiscard]] std::span<const Rule> matrix_rules();
[[nodiscard]] std::span<const Rule> arithmetic_rules();
[[nodiscard]] std::span<const Rule> activation_rules();
[[nodiscard]] std::span<const Rule> piecewise_rules();
[[nodiscard]] std::span<const Rule> trigonometric_rules();
[[nodiscard]] std::span<const Rule> einsum_rules();
[[nodiscard]] std::span<const Rule> softmax_rules();
[[nodiscard]] std::span<const Rule> reduction_rules();
[[nodiscard]] std::span<const Rule> layout_rules();
[[nodiscard]] std::span<const Rule> indexing_rules();
[[nodiscard]] std::span<const Rule> attention_rules();
[[nodiscard]] std::span<const Rule> normalization_rules();
[[nodiscard]] std::span<const Rule> convolution_rules();
[[nodiscard]] std::span<const Rule> pooling_rules();

}  // namespace assay::autodiff
