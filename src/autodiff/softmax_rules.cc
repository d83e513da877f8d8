// Gradients of softmax and of the cross entropy, the widest tensors of a language model: as few passes over
// the logits as it takes.
#include <algorithm>

#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

int64_t softmax_axis(const GradientContext& c) {
  return static_cast<int64_t>(c.axis(c.node.integer("axis", -1)));
}

// y (g - sum(g y))
void softmax(GradientContext& c) {
  Emitter& e = c.emit;
  const ValueId total = e.sum(e.mul(c.gradient(), c.output()), {softmax_axis(c)}, true);
  c.give(0, e.mul(c.output(), e.sub(c.gradient(), total)));
}

// g - softmax(x) sum(g), y = log softmax(x)
ValueId log_softmax_gradient(Emitter& e, ValueId y, ValueId g, int64_t axis) {
  return e.sub(g, e.mul(e.op("Exp", {y}), e.sum(g, {axis}, true)));
}

void log_softmax(GradientContext& c) {
  c.give(0, log_softmax_gradient(c.emit, c.output(), c.gradient(), softmax_axis(c)));
}

ValueId log_probabilities(GradientContext& c) {
  return c.emit.op("LogSoftmax", {c.input(0)}, {{"axis", int64_t{1}}});
}

// The shape of the labels with the dimension of the classes, 1, put in.
Shape with_class(const GradientContext& c) {
  Shape s = c.shape(1);
  s.insert(s.begin() + 1, 1);
  return s;
}

std::vector<int64_t> all_axes(const Shape& shape) {
  std::vector<int64_t> axes(shape.size());
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(i);
  return axes;
}

bool supported(GradientContext& c) {
  if (c.node.input(2) != kAbsent) c.fail("class weights are not supported");
  if (c.node.has("ignore_index")) c.fail("ignore_index is not supported");
  return !c.failure();
}

// Written out, so that forward and gradient share one log softmax: -mean(log softmax(x)[label]).
std::vector<ValueId> cross_entropy_forward(GradientContext& c) {
  if (!supported(c)) return {};
  Emitter& e = c.emit;
  const ValueId labels = e.reshape(c.input(1), with_class(c));
  const ValueId log_p = log_probabilities(c);
  const ValueId picked = e.op("GatherElements", {log_p, labels}, {{"axis", int64_t{1}}});
  const ValueId each = e.neg(e.reshape(picked, c.shape(1)));
  const std::string reduction = c.node.text("reduction", "mean");
  if (reduction == "mean") return {e.mean(each, all_axes(c.shape(1)), false), log_p};
  if (reduction == "sum") return {e.sum(each, all_axes(c.shape(1)), false), log_p};
  return {each, log_p};
}

// (softmax(x) - onehot(label)) g, g of each position. The factor comes last: a Linear before the logits takes
// it into its Gemm.
ValueId logits_gradient(GradientContext& c, ValueId g) {
  Emitter& e = c.emit;
  const ValueId p = e.op("Exp", {log_probabilities(c)});
  const ValueId labels = e.reshape(c.input(1), with_class(c));
  const ValueId minus_one = e.filled(-1, with_class(c), e.dtype(p));
  const ValueId difference = e.op("ScatterElements", {p, labels, minus_one},
                                  {{"axis", int64_t{1}}, {"reduction", std::string("add")}});
  return e.mul(difference, g);
}

void cross_entropy(GradientContext& c) {
  if (!supported(c)) return;
  Emitter& e = c.emit;
  if (c.has_gradient(0)) {
    const std::string reduction = c.node.text("reduction", "mean");
    ValueId g = c.gradient(0);
    if (reduction == "mean") g = e.scale(g, 1 / static_cast<double>(tensor::element_count(c.shape(1))));
    c.give(0, logits_gradient(c, reduction == "none" ? e.reshape(g, with_class(c)) : g));
  }
  if (c.has_gradient(1)) c.give(0, log_softmax_gradient(e, log_probabilities(c), c.gradient(1), 1));
}

constexpr Rule kSoftmaxRules[] = {
    {"Softmax", softmax},
    {"LogSoftmax", log_softmax},
    {.op = "SoftmaxCrossEntropyLoss", .gradient = cross_entropy, .forward = cross_entropy_forward},
};

}  // namespace

std::span<const Rule> softmax_rules() { return kSoftmaxRules; }

}  // namespace assay::autodiff
