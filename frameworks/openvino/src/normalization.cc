// Normalisations, in the forms that OpenVINO's transformations know: MVN with a scale and a shift after it,
// and the composition from which they make one operator for RMSNormalization.
#include <limits>
#include <numeric>

#include "operators.h"

namespace openvino_runner {
namespace {

std::vector<int64_t> axes_from(Emitter& emitter, const Node& node) {
  const size_t rank = emitter.shape(node, 0).size(), first = from_the_front(node.integer("axis", -1), rank);
  std::vector<int64_t> axes(rank - first);
  std::iota(axes.begin(), axes.end(), static_cast<int64_t>(first));
  return axes;
}

double epsilon(const Node& node) { return node.real("epsilon", 1e-5); }

Outputs rms_norm(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  const Output square = make<op::Power>(x, scalar(2, x));
  const Output mean = make<op::ReduceMean>(square, integers(axes_from(emitter, node)), true);
  const Output root = make<op::Sqrt>(make<op::Add>(mean, scalar(epsilon(node), x)));
  const Output normed = make<op::Multiply>(x, make<op::Power>(root, scalar(-1, x)));
  return {make<op::Multiply>(normed, emitter.input(node, 1))};
}

Output normalized(const Output& x, const std::vector<int64_t>& axes, double epsilon) {
  return make<op::MVN>(x, integers(axes), true, static_cast<float>(epsilon), ov::op::MVNEpsMode::INSIDE_SQRT);
}

// Mean and the inverse of the standard deviation, which MVN keeps to itself.
void add_statistics(Outputs& outputs, const Output& x, const std::vector<int64_t>& axes, double epsilon) {
  const Output mean = make<op::ReduceMean>(x, integers(axes), true);
  const Output difference = make<op::Subtract>(x, mean);
  const Output variance =
      make<op::ReduceMean>(make<op::Multiply>(difference, difference), integers(axes), true);
  const Output root = make<op::Sqrt>(make<op::Add>(variance, scalar(epsilon, x)));
  outputs.push_back(mean);
  outputs.push_back(make<op::Divide>(scalar(1, x), root));
}

Outputs layer_norm(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  const auto axes = axes_from(emitter, node);
  Output y = make<op::Multiply>(normalized(x, axes, epsilon(node)), emitter.input(node, 1));
  if (node.input(2) != kAbsent) y = make<op::Add>(y, emitter.input(node, 2));
  Outputs outputs = {y};
  if (node.output(1) != kAbsent || node.output(2) != kAbsent) add_statistics(outputs, x, axes, epsilon(node));
  return outputs;
}

Outputs instance_norm(Emitter& emitter, const Node& node) {
  const size_t rank = emitter.shape(node, 0).size();
  std::vector<int64_t> axes(rank - 2);
  std::iota(axes.begin(), axes.end(), 2);
  const Output y = normalized(emitter.input(node, 0), axes, epsilon(node));
  const Output scaled = make<op::Multiply>(y, by_channel(emitter.input(node, 1), rank));
  return {make<op::Add>(scaled, by_channel(emitter.input(node, 2), rank))};
}

// What has no length stays as it is.
Outputs lp_norm(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0), axis = integers({node.integer("axis", -1)});
  const Output norm =
      node.integer("p", 2) == 1 ? make<op::ReduceL1>(x, axis, true) : make<op::ReduceL2>(x, axis, true);
  return {make<op::Divide>(x, make<op::Maximum>(norm, scalar(std::numeric_limits<float>::min(), x)))};
}

Outputs local_response_norm(Emitter& emitter, const Node& node) {
  const int64_t size = node.integer("size", 1);
  if (size % 2 == 0) throw Refusal("an even size");
  return {make<op::LRN>(emitter.input(node, 0), integers({1}), node.real("alpha", 0.0001F),
                        node.real("beta", 0.75), node.real("bias", 1), static_cast<size_t>(size))};
}

Outputs group_norm(Emitter& emitter, const Node& node) {
  return {make<op::GroupNormalization>(emitter.input(node, 0), emitter.input(node, 1), emitter.input(node, 2),
                                       node.integer("num_groups", 1), epsilon(node))};
}

Outputs batch_norm(Emitter& emitter, const Node& node) {
  return {make<op::BatchNormInference>(emitter.input(node, 0), emitter.input(node, 1), emitter.input(node, 2),
                                       emitter.input(node, 3), emitter.input(node, 4), epsilon(node))};
}

}  // namespace

std::vector<Operator> normalization_operators() {
  return {
      {"BatchNormalization", batch_norm},
      {"GroupNormalization", group_norm},
      {"InstanceNormalization", instance_norm},
      {"LRN", local_response_norm},
      {"LpNormalization", lp_norm},
      {"LayerNormalization", layer_norm},
      {"RMSNormalization", rms_norm},
  };
}

}  // namespace openvino_runner
