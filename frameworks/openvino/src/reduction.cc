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
      {"ReduceMax", reduce<op::ReduceMax>},
      {"ReduceMean", reduce<op::ReduceMean>},
      {"ReduceMin", reduce<op::ReduceMin>},
      {"ReduceSum", reduce<op::ReduceSum>},
      {"Softmax", softmax},
  };
}

}  // namespace openvino_runner
