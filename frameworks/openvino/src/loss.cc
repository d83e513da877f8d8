// The cross-entropy of scores [batch, classes, ...] against labels [batch, ...].
#include "operators.h"

namespace openvino_runner {
namespace {

// A factor for each label: its weight, 0 where it is ignored. Nothing where all count alike.
Output factors(Emitter& emitter, const Node& node, const Output& labels, const Output& counted) {
  Output weights;
  if (node.input(2) != kAbsent) weights = make<op::Gather>(emitter.input(node, 2), labels, integer(0));
  if (!counted.get_node()) return weights;
  if (!weights.get_node()) return converted(counted, ov::element::f32);
  return make<op::Select>(counted, weights, scalar(0, weights));
}

Output sum(const Output& x) {
  std::vector<int64_t> axes(x.get_shape().size());
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(i);
  return make<op::ReduceSum>(x, integers(axes), false);
}

Output reduced(const Output& losses, const Output& weights, const std::string& reduction) {
  if (reduction == "none") return losses;
  const Output total = sum(losses);
  if (reduction == "sum") return total;
  if (weights.get_node()) return make<op::Divide>(total, sum(weights));
  return make<op::Divide>(total, scalar(static_cast<double>(ov::shape_size(losses.get_shape())), total));
}

Outputs cross_entropy(Emitter& emitter, const Node& node) {
  const Output log_probabilities = make<op::LogSoftmax>(emitter.input(node, 0), 1);
  Output labels = emitter.input(node, 1), counted;
  if (node.has("ignore_index")) {
    const Output ignored = scalar(static_cast<double>(node.integer("ignore_index", 0)), labels);
    counted = make<op::NotEqual>(labels, ignored);
    labels = make<op::Select>(counted, labels, scalar(0, labels));
  }
  const Output places = make<op::Unsqueeze>(labels, integers({1}));
  const Output chosen =
      make<op::Squeeze>(make<op::GatherElements>(log_probabilities, places, 1), integers({1}));
  const Output weights = factors(emitter, node, labels, counted);
  Output losses = make<op::Negative>(chosen);
  if (weights.get_node()) losses = make<op::Multiply>(losses, weights);
  return {reduced(losses, weights, node.text("reduction", "mean")), log_probabilities};
}

}  // namespace

std::vector<Operator> loss_operators() { return {{"SoftmaxCrossEntropyLoss", cross_entropy}}; }

}  // namespace openvino_runner
