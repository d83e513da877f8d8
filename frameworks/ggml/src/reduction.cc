// Operators that sum: norms, softmax, reductions, the loss.
#include <algorithm>
#include <numeric>

#include "operators.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::Role;
using assay::tensor::DType;
using assay::tensor::element_count;
using assay::tensor::Shape;

// ggml normalises its innermost dimension, which is our last axis.
std::string refuse_axis(const Graph& graph, const Node& node, bool) {
  const auto last = static_cast<int64_t>(shape_of(graph, node, 0).size()) - 1;
  const int64_t axis = node.integer("axis", -1);
  return axis == -1 || axis == last ? "" : "ggml works along the last axis";
}

ggml_tensor* rms_norm(Emitter& emitter, const Node& node) {
  const auto epsilon = static_cast<float>(node.real("epsilon", 1e-5));
  ggml_tensor* normed = ggml_rms_norm(emitter.context(), emitter.input(node, 0), epsilon);
  return ggml_mul(emitter.context(), normed, emitter.input(node, 1));
}

std::string refuse_layer_norm(const Graph& graph, const Node& node, bool gradients) {
  if (node.output(1) != kAbsent || node.output(2) != kAbsent)
    return "ggml's norm does not give mean and deviation";
  return refuse_axis(graph, node, gradients);
}

ggml_tensor* layer_norm(Emitter& emitter, const Node& node) {
  const auto epsilon = static_cast<float>(node.real("epsilon", 1e-5));
  ggml_tensor* normed = ggml_norm(emitter.context(), emitter.input(node, 0), epsilon);
  normed = ggml_mul(emitter.context(), normed, emitter.input(node, 1));
  return node.input(2) == kAbsent ? normed : ggml_add(emitter.context(), normed, emitter.input(node, 2));
}

ggml_tensor* softmax(Emitter& emitter, const Node& node) {
  return ggml_soft_max(emitter.context(), emitter.input(node, 0));
}

std::vector<bool> reduced_axes(const Graph& graph, const Node& node) {
  const size_t rank = shape_of(graph, node, 0).size();
  const auto given = node.input(1) == kAbsent ? std::span<const int64_t>()
                                              : graph.value(node.inputs[1]).data.data<int64_t>();
  std::vector<bool> reduced(rank, given.empty());
  for (const int64_t axis : given)
    reduced[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis)] = true;
  return reduced;
}

std::string refuse_reduction(const Graph&, const Node& node, bool) {
  return node.integer("noop_with_empty_axes", 0) != 0 ? "it must reduce" : "";
}

// The axes that are kept, then those that are summed: ggml sums its innermost dimension.
std::vector<int64_t> summed_last(const Shape& shape, const std::vector<bool>& reduced) {
  std::vector<int64_t> perm(shape.size());
  std::iota(perm.begin(), perm.end(), 0);
  std::ranges::stable_partition(perm, [&](int64_t axis) { return !reduced[static_cast<size_t>(axis)]; });
  return perm;
}

// The sum over the reduced axes, as a matrix whose rows are summed.
ggml_tensor* reduce_sum(Emitter& emitter, const Node& node) {
  const Shape& shape = shape_of(emitter.graph(), node, 0);
  const Shape& result = emitter.graph().value(node.outputs[0]).shape;
  const int64_t kept = element_count(result), summed = element_count(shape) / kept;
  ggml_tensor* x =
      emitter.transposed(emitter.input(node, 0), summed_last(shape, reduced_axes(emitter.graph(), node)));
  return emitter.reshaped(ggml_sum_rows(emitter.context(), emitter.reshaped(x, {kept, summed})), result);
}

ggml_tensor* reduce_mean(Emitter& emitter, const Node& node) {
  const auto kept = static_cast<double>(element_count(emitter.graph().value(node.outputs[0]).shape));
  const auto all = static_cast<double>(element_count(shape_of(emitter.graph(), node, 0)));
  return ggml_scale(emitter.context(), reduce_sum(emitter, node), static_cast<float>(kept / all));
}

std::string refuse_loss(const Graph& graph, const Node& node, bool) {
  if (node.text("reduction", "mean") != "mean") return "ggml's cross entropy is a mean";
  if (node.input(2) != kAbsent || node.has("ignore_index"))
    return "ggml's cross entropy weighs all rows alike";
  if (node.output(1) != kAbsent) return "ggml's cross entropy gives no log probabilities";
  if (shape_of(graph, node, 0).size() != 2) return "ggml's cross entropy takes a matrix of scores";
  if (graph.value(node.inputs[1]).role != Role::input) return "labels must be an input";
  return {};
}

// x - max - log(sum(exp(x - max))). The largest element of a row is found by its index.
ggml_tensor* log_softmax(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Shape& shape = shape_of(emitter.graph(), node, 0);
  const int64_t columns = shape.back(), rows = element_count(shape) / columns;
  ggml_tensor* x = emitter.reshaped(emitter.input(node, 0), {rows, columns});
  ggml_tensor* largest = ggml_get_rows(context, emitter.reshaped(x, {rows, columns, 1}),
                                       ggml_reshape_2d(context, ggml_argmax(context, x), 1, rows));
  x = ggml_sub(context, x, emitter.reshaped(largest, {rows, 1}));
  ggml_tensor* sum = ggml_log(context, ggml_sum_rows(context, ggml_exp(context, x)));
  return emitter.reshaped(ggml_sub(context, x, sum), shape);
}

// The mean over rows of -log softmax at the label, with the labels as distributions.
ggml_tensor* loss(Emitter& emitter, const Node& node) {
  ggml_tensor* labels = emitter.add_one_hot(node.inputs[1], shape_of(emitter.graph(), node, 0)[1]);
  return ggml_cross_entropy_loss(emitter.context(), emitter.input(node, 0), labels);
}

}  // namespace

std::vector<Operator> reduction_operators() {
  return {
      {"LayerNormalization", refuse_layer_norm, layer_norm, false},
      {"LogSoftmax", refuse_axis, log_softmax, false},
      {"RMSNormalization", refuse_axis, rms_norm},
      {"ReduceMean", refuse_reduction, reduce_mean},
      {"ReduceSum", refuse_reduction, reduce_sum},
      {"Softmax", refuse_axis, softmax},
      {"SoftmaxCrossEntropyLoss", refuse_loss, loss},
  };
}

}  // namespace ggml_runner
