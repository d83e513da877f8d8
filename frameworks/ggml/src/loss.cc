// The loss: ggml's cross entropy where it is the one that is asked for, else by log probabilities.
#include "operators.h"
#include "reduction.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::Role;
using assay::tensor::Shape;

// A mean over the rows of a matrix that weigh alike.
bool is_ggmls(const Graph& graph, const Node& node) {
  return node.text("reduction", "mean") == "mean" && node.input(2) == kAbsent && !node.has("ignore_index") &&
         node.output(1) == kAbsent && shape_of(graph, node, 0).size() == 2;
}

// Rows of labels that are computed; those that are ignored have no 1.
ggml_tensor* computed_distributions(Emitter& emitter, const Node& node, int64_t classes) {
  ggml_context* context = emitter.context();
  ggml_tensor* labels = emitter.input(node, 1);
  labels = emitter.reshaped(labels, {ggml_nelements(labels), 1});
  ggml_tensor* counts = nullptr;
  if (node.has("ignore_index")) {
    const auto ignored = static_cast<float>(node.integer("ignore_index", 0));
    counts = ggml_step(context, ggml_abs(context, ggml_scale_bias(context, labels, 1, -ignored)));
    labels = ggml_mul(context, labels, counts);
  }
  ggml_tensor* places = ggml_cast(context, labels, GGML_TYPE_I32);
  ggml_tensor* rows = marked(emitter, emitter.filled({1}, 0), emitter.filled({1}, 1), places, classes);
  rows = emitter.reshaped(rows, {ggml_nelements(labels), classes});
  return counts ? ggml_mul(context, rows, counts) : rows;
}

// The labels of all rows as distributions: [rows, classes].
ggml_tensor* distributions(Emitter& emitter, const Node& node, int64_t classes) {
  if (emitter.graph().value(node.inputs[1]).role == Role::computed)
    return computed_distributions(emitter, node, classes);
  const auto ignored =
      node.has("ignore_index") ? std::optional(node.integer("ignore_index", 0)) : std::nullopt;
  return emitter.one_hot(node.inputs[1], classes, ignored);
}

// Each row's weight, and its -log probability times that, over all rows.
ggml_tensor* reduced(Emitter& emitter, const Node& node, ggml_tensor* losses, ggml_tensor* weighted) {
  ggml_context* context = emitter.context();
  const std::string way = node.text("reduction", "mean");
  if (way == "none") return emitter.reshaped(losses, output_shape(emitter, node));
  const int64_t rows = ggml_nelements(losses);
  ggml_tensor* total = ggml_sum_rows(context, emitter.reshaped(losses, {1, rows}));
  if (way == "mean") {
    ggml_tensor* weights = emitter.reshaped(ggml_sum_rows(context, weighted), {1, rows});
    total = ggml_div(context, total, ggml_sum_rows(context, weights));
  }
  return emitter.reshaped(total, output_shape(emitter, node));
}

ggml_tensor* loss(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Shape& shape = shape_of(emitter.graph(), node, 0);
  const Along classes = along(shape, 1);
  ggml_tensor* labels = distributions(emitter, node, classes.length);
  if (is_ggmls(emitter.graph(), node))
    return ggml_cross_entropy_loss(context, emitter.input(node, 0), labels);
  ggml_tensor* logarithms = log_softmax_of_rows(emitter, as_rows(emitter, emitter.input(node, 0), classes));
  if (node.output(1) != kAbsent)
    emitter.set(node.outputs[1],
                emitter.reshaped(from_rows(emitter, logarithms, classes, classes.length), shape));
  ggml_tensor* weighted =
      node.input(2) == kAbsent ? labels : ggml_mul(context, labels, emitter.input(node, 2));
  ggml_tensor* losses = ggml_neg(context, ggml_sum_rows(context, ggml_mul(context, logarithms, weighted)));
  return reduced(emitter, node, losses, weighted);
}

}  // namespace

std::vector<Operator> loss_operators() { return {{"SoftmaxCrossEntropyLoss", nullptr, loss, kAnyRank}}; }

}  // namespace ggml_runner
