// Normalisation and softmax along any axes: what is normalised comes last, as the rows of a matrix.
#include <algorithm>
#include <limits>

#include "operators.h"
#include "reduction.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::tensor::element_count;
using assay::tensor::Shape;

float epsilon_of(const Node& node) { return static_cast<float>(node.real("epsilon", 1e-5F)); }

// (x - mean) / deviation of each row, with both; ggml's norm gives neither and has no backward.
struct Normed {
  ggml_tensor* mean;
  ggml_tensor* inverse;  // of the deviation
  ggml_tensor* rows;
};

Normed normed_by_parts(Emitter& emitter, ggml_tensor* rows, float epsilon) {
  ggml_context* context = emitter.context();
  ggml_tensor* mean = mean_of_rows(emitter, rows);
  ggml_tensor* centred = minus(emitter, rows, mean);
  ggml_tensor* variance = mean_of_rows(emitter, ggml_sqr(context, centred));
  ggml_tensor* deviation = ggml_sqrt(context, ggml_scale_bias(context, variance, 1, epsilon));
  ggml_tensor* ones = emitter.filled({deviation->ne[1], 1}, 1);
  return {mean, ggml_div(context, ones, deviation), over(emitter, centred, deviation)};
}

ggml_tensor* normed(Emitter& emitter, ggml_tensor* rows, float epsilon) {
  if (emitter.gradients()) return normed_by_parts(emitter, rows, epsilon).rows;
  return ggml_norm(emitter.context(), rows, epsilon);
}

// A node's operand with all axes from its axis on as rows.
ggml_tensor* rows_from_axis(Emitter& emitter, const Node& node) {
  const Along axis = along(shape_of(emitter.graph(), node, 0), axis_of(emitter.graph(), node, -1));
  return emitter.reshaped(emitter.input(node, 0), {axis.outer, axis.length * axis.inner});
}

ggml_tensor* rms_norm(Emitter& emitter, const Node& node) {
  ggml_tensor* rows = ggml_rms_norm(emitter.context(), rows_from_axis(emitter, node), epsilon_of(node));
  return ggml_mul(emitter.context(), emitter.reshaped(rows, output_shape(emitter, node)),
                  emitter.input(node, 1));
}

ggml_tensor* layer_norm(Emitter& emitter, const Node& node) {
  ggml_tensor* rows = rows_from_axis(emitter, node);
  ggml_tensor* result = nullptr;
  if (node.output(1) != kAbsent || node.output(2) != kAbsent) {
    const Normed parts = normed_by_parts(emitter, rows, epsilon_of(node));
    for (const size_t i : {1U, 2U})
      if (node.output(i) != kAbsent)
        emitter.set(node.outputs[i], emitter.reshaped(i == 1 ? parts.mean : parts.inverse,
                                                      emitter.graph().value(node.outputs[i]).shape));
    result = parts.rows;
  } else {
    result = normed(emitter, rows, epsilon_of(node));
  }
  result = emitter.reshaped(result, output_shape(emitter, node));
  result = ggml_mul(emitter.context(), result, emitter.input(node, 1));
  return node.input(2) == kAbsent ? result : ggml_add(emitter.context(), result, emitter.input(node, 2));
}

// [batch, channels, places] times and plus a number for each channel.
ggml_tensor* per_channel(Emitter& emitter, const Node& node, ggml_tensor* x) {
  const Shape& shape = output_shape(emitter, node);
  const Along channels = along(shape, 1);
  const auto number = [&](size_t i) {
    return emitter.reshaped(emitter.input(node, i), {channels.length, 1});
  };
  x = ggml_mul(emitter.context(), emitter.reshaped(x, channels.shape()), number(1));
  return emitter.reshaped(ggml_add(emitter.context(), x, number(2)), shape);
}

ggml_tensor* normed_by_groups(Emitter& emitter, const Node& node, int64_t groups) {
  const Shape& shape = output_shape(emitter, node);
  const int64_t rows = shape[0] * groups;
  ggml_tensor* x = emitter.reshaped(emitter.input(node, 0), {rows, element_count(shape) / rows});
  return per_channel(emitter, node, normed(emitter, x, epsilon_of(node)));
}

ggml_tensor* group_norm(Emitter& emitter, const Node& node) {
  return normed_by_groups(emitter, node, node.integer("num_groups", 1));
}

ggml_tensor* instance_norm(Emitter& emitter, const Node& node) {
  return normed_by_groups(emitter, node, output_shape(emitter, node)[1]);
}

template <ggml_tensor* (*kFunction)(Emitter&, const Node&, ggml_tensor*)>
ggml_tensor* along_axis(Emitter& emitter, const Node& node) {
  const Shape& shape = output_shape(emitter, node);
  const Along axis = along(shape, axis_of(emitter.graph(), node, -1));
  ggml_tensor* rows = kFunction(emitter, node, as_rows(emitter, emitter.input(node, 0), axis));
  return emitter.reshaped(from_rows(emitter, rows, axis, axis.length), shape);
}

ggml_tensor* softmax(Emitter& emitter, const Node&, ggml_tensor* rows) {
  return ggml_soft_max(emitter.context(), rows);
}

ggml_tensor* log_softmax(Emitter& emitter, const Node&, ggml_tensor* rows) {
  return log_softmax_of_rows(emitter, rows);
}

// A row of zeros stays one: its length is taken for a tiny one.
constexpr float kTiny = 1e-30F;

ggml_tensor* lp_norm(Emitter& emitter, const Node& node, ggml_tensor* rows) {
  ggml_context* context = emitter.context();
  const bool squares = node.integer("p", 2) == 2;
  if (squares && !emitter.gradients()) return ggml_l2_norm(context, rows, kTiny);
  ggml_tensor* sum = ggml_sum_rows(context, squares ? ggml_sqr(context, rows) : ggml_abs(context, rows));
  if (squares) return over(emitter, rows, ggml_sqrt(context, sum));
  if (!emitter.gradients()) sum = ggml_clamp(context, sum, kTiny, std::numeric_limits<float>::max());
  return over(emitter, rows, sum);
}

// x / (bias + alpha * mean of the squares of neighbouring channels) ^ beta
ggml_tensor* local_response_norm(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Shape& shape = output_shape(emitter, node);
  const Along channels = along(shape, 1);
  const int64_t size = node.integer("size", 1), before = (size - 1) / 2;
  ggml_tensor* x = emitter.reshaped(emitter.input(node, 0), channels.shape());
  ggml_tensor* square = padded(emitter, ggml_sqr(context, x), channels, before, size - 1 - before);
  square = emitter.reshaped(square, channels.with(channels.length + size - 1));
  ggml_tensor* mean = ggml_pool_2d(context, square, GGML_OP_POOL_AVG, 1, static_cast<int>(size), 1, 1, 0, 0);
  ggml_tensor* base = ggml_scale_bias(context, mean, static_cast<float>(node.real("alpha", 0.0001F)),
                                      static_cast<float>(node.real("bias", 1.0)));
  const auto beta = static_cast<float>(node.real("beta", 0.75));
  ggml_tensor* factor = ggml_exp(context, ggml_scale(context, ggml_log(context, base), -beta));
  return emitter.reshaped(ggml_mul(context, x, emitter.reshaped(factor, channels.shape())), shape);
}

}  // namespace

std::vector<Operator> norm_operators() {
  return {
      {"GroupNormalization", nullptr, group_norm, kAnyRank},
      {"InstanceNormalization", nullptr, instance_norm, kAnyRank},
      {"LRN", nullptr, local_response_norm, kAnyRank},
      {"LayerNormalization", nullptr, layer_norm, kAnyRank},
      {"LogSoftmax", nullptr, along_axis<log_softmax>, kAnyRank},
      {"LpNormalization", nullptr, along_axis<lp_norm>, kAnyRank},
      {"RMSNormalization", nullptr, rms_norm, kAnyRank},
      {"Softmax", nullptr, along_axis<softmax>, kAnyRank},
  };
}

}  // namespace ggml_runner
