// Reductions and softmax.
#include <numeric>

#include "operators.h"

namespace openvino_runner {
namespace {

std::vector<int64_t> axes_of(Emitter& emitter, const Node& node) {
  std::vector<int64_t> axes;
  if (node.input(1) != kAbsent) axes = constant_integers(emitter.value(node, 1));
  if (!axes.empty() || node.integer("noop_with_empty_axes", 0) != 0) return axes;
  axes.resize(emitter.shape(node, 0).size());
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

template <class Kind>
Outputs reduce(Emitter& emitter, const Node& node) {
  const auto axes = axes_of(emitter, node);
  if (axes.empty()) return {emitter.input(node, 0)};
  return {make<Kind>(emitter.input(node, 0), integers(axes), node.integer("keepdims", 1) != 0)};
}

// The sum of what `term` makes of the elements.
Output summed(Emitter& emitter, const Node& node, const Output& terms) {
  const auto axes = axes_of(emitter, node);
  if (axes.empty()) return terms;
  return make<op::ReduceSum>(terms, integers(axes), node.integer("keepdims", 1) != 0);
}

Outputs reduce_sum_square(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  return {summed(emitter, node, make<op::Multiply>(x, x))};
}

// Where nothing is reduced a norm still takes sizes.
template <class Kind>
Outputs reduce_norm(Emitter& emitter, const Node& node) {
  if (axes_of(emitter, node).empty()) return {make<op::Abs>(emitter.input(node, 0))};
  return reduce<Kind>(emitter, node);
}

Outputs reduce_log_sum(Emitter& emitter, const Node& node) {
  return {make<op::Log>(summed(emitter, node, emitter.input(node, 0)))};
}

// Relative to the largest, so that nothing overflows.
Outputs reduce_log_sum_exp(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  const auto axes = axes_of(emitter, node);
  if (axes.empty()) return {x};
  const Output largest = make<op::ReduceMax>(x, integers(axes), true);
  const Output terms = make<op::Exp>(make<op::Subtract>(x, largest));
  const Output sum = make<op::Log>(summed(emitter, node, terms));
  return {make<op::Add>(sum, reshaped(largest, emitter.result(node).shape))};
}

Outputs softmax(Emitter& emitter, const Node& node) {
  return {make<op::Softmax>(emitter.input(node, 0), node.integer("axis", -1))};
}

Outputs log_softmax(Emitter& emitter, const Node& node) {
  return {make<op::LogSoftmax>(emitter.input(node, 0), node.integer("axis", -1))};
}

}  // namespace

std::vector<Operator> reduction_operators() {
  return {
      {"LogSoftmax", log_softmax},
      {"ReduceL1", reduce_norm<op::ReduceL1>},
      {"ReduceL2", reduce_norm<op::ReduceL2>},
      {"ReduceLogSum", reduce_log_sum},
      {"ReduceLogSumExp", reduce_log_sum_exp},
      {"ReduceProd", reduce<op::ReduceProd>},
      {"ReduceSumSquare", reduce_sum_square},
      {"ReduceMax", reduce<op::ReduceMax>},
      {"ReduceMean", reduce<op::ReduceMean>},
      {"ReduceMin", reduce<op::ReduceMin>},
      {"ReduceSum", reduce<op::ReduceSum>},
      {"Softmax", softmax},
  };
}

}  // namespace openvino_runner
