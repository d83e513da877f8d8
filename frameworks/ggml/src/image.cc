// Images: convolutions as matrix products of patches, normalisation of batches, interpolation.
#include <algorithm>
#include <cmath>

#include "graph/resize.h"
#include "operators.h"
#include "shaping.h"
#include "windows.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::ResizedAxis;
using assay::graph::Tap;
using assay::graph::Window;
using assay::tensor::DType;
using assay::tensor::element_count;
using assay::tensor::Shape;

Window window_of(const Emitter& emitter, const Node& node) {
  return *assay::graph::window_of(emitter.graph(), node);
}

std::string refuse_conv(const Graph& graph, const Node& node, bool) { return refuse_window(graph, node); }

ggml_tensor* operand_as_image(Emitter& emitter, const Node& node, size_t i) {
  return emitter.reshaped(emitter.input(node, i), as_image(shape_of(emitter.graph(), node, i)));
}

// The patches of one group of channels as rows, times its filters: [channels, batch, places], then in order.
ggml_tensor* by_one_group(Emitter& emitter, ggml_tensor* patches, ggml_tensor* filters, const Shape& shape) {
  const int64_t channels = shape[1], places = element_count(shape) / channels;
  patches = emitter.reshaped(patches, {places, patches->ne[0]});
  filters = emitter.reshaped(filters, {channels, patches->ne[0]});
  ggml_tensor* result = ggml_mul_mat(emitter.context(), patches, filters);
  return shape[0] == 1 ? result
                       : emitter.transposed(result, {channels, shape[0], places / shape[0]}, {1, 0, 2});
}

// [batch, groups, places, patch] times [groups, channels, patch], the same for the whole batch.
ggml_tensor* by_groups(Emitter& emitter, ggml_tensor* patches, ggml_tensor* filters, const Shape& shape,
                       int64_t groups) {
  const int64_t patch = patches->ne[0], places = element_count(shape) / shape[0] / shape[1];
  patches = emitter.reshaped(patches, {shape[0], groups, places, patch});
  filters = emitter.reshaped(filters, {1, groups, shape[1] / groups, patch});
  if (shape[0] > 1)
    filters = ggml_repeat_4d(emitter.context(), filters, patch, shape[1] / groups, groups, shape[0]);
  return ggml_mul_mat(emitter.context(), patches, filters);
}

// ggml_conv_2d does the same with patches in half precision. The channels of a group are an image.
ggml_tensor* by_patches(Emitter& emitter, ggml_tensor* image, ggml_tensor* filters, const Window& window,
                        const Shape& shape) {
  const Steps x = steps_along(window, 0), y = steps_along(window, 1);
  image = emitter.reshaped(
      image, {image->ne[3] * window.group, image->ne[2] / window.group, image->ne[1], image->ne[0]});
  ggml_tensor* patches = ggml_im2col(emitter.context(), filters, image, x.stride, y.stride, x.pad, y.pad,
                                     x.dilation, y.dilation, true, GGML_TYPE_F32);
  return window.group == 1 ? by_one_group(emitter, patches, filters, shape)
                           : by_groups(emitter, patches, filters, shape, window.group);
}

bool is_depthwise(const Window& window, const ggml_tensor* image, const Shape& shape) {
  return window.group > 1 && window.group == image->ne[2] && window.group == shape[1];
}

ggml_tensor* with_bias(Emitter& emitter, const Node& node, ggml_tensor* result) {
  const Shape& shape = output_shape(emitter, node);
  if (node.input(2) != kAbsent)
    result =
        ggml_add(emitter.context(), emitter.reshaped(result, as_image(shape)), per_channel(emitter, node, 2));
  return emitter.reshaped(result, shape);
}

ggml_tensor* conv(Emitter& emitter, const Node& node) {
  Window window = window_of(emitter, node);
  const Shape& shape = output_shape(emitter, node);
  ggml_tensor* image = operand_as_image(emitter, node, 0);
  ggml_tensor* filters = operand_as_image(emitter, node, 1);
  if (!is_even(window)) {
    image = surrounded(emitter, image, window, 0);
    window = without_pads(window);
  }
  if (emitter.gradients() || !is_depthwise(window, image, shape))
    return with_bias(emitter, node, by_patches(emitter, image, filters, window, shape));
  const Steps x = steps_along(window, 0), y = steps_along(window, 1);
  return with_bias(emitter, node,
                   ggml_conv_2d_dw_direct(emitter.context(), filters, image, x.stride, y.stride, x.pad, y.pad,
                                          x.dilation, y.dilation));
}

// Each place's channels times the filters are the patches that it adds to; ggml adds them up as the gradient
// of its im2col.
ggml_tensor* conv_transpose(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Window window = window_of(emitter, node);
  const Steps x = steps_along(window, 0), y = steps_along(window, 1);
  ggml_tensor* image = operand_as_image(emitter, node, 0);
  ggml_tensor* filters = operand_as_image(emitter, node, 1);
  const int64_t batch = image->ne[3], groups = window.group, channels = image->ne[2] / groups;
  const int64_t places = image->ne[0] * image->ne[1],
                patch = filters->ne[0] * filters->ne[1] * filters->ne[2];
  ggml_tensor* rows = emitter.transposed(image, {batch * groups, channels, places}, {0, 2, 1});
  ggml_tensor* columns = emitter.transposed(filters, {groups, channels, patch}, {0, 2, 1});
  ggml_tensor* patches = ggml_mul_mat(context, emitter.reshaped(columns, {1, groups, patch, channels}),
                                      emitter.reshaped(rows, {batch, groups, places, channels}));
  patches = emitter.reshaped(patches, {batch * groups, image->ne[1], image->ne[0], patch});
  const Shape shape = as_image(output_shape(emitter, node));
  std::array<int64_t, GGML_MAX_DIMS> ne = {shape[3], shape[2], filters->ne[2], batch * groups};
  return with_bias(emitter, node,
                   ggml_im2col_back(context, patches, filters, ne.data(), x.stride, y.stride, x.pad, y.pad,
                                    x.dilation, y.dilation, true));
}

std::string refuse_batch_norm(const Graph&, const Node& node, bool) {
  return node.integer("training_mode", 0) != 0 ? "statistics must be given" : "";
}

// x * factor + offset, which hold for each channel.
ggml_tensor* batch_norm(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Along channels = along(output_shape(emitter, node), 1);
  const auto number = [&](size_t i) {
    return emitter.reshaped(emitter.input(node, i), {channels.length, 1});
  };
  ggml_tensor* variance =
      ggml_scale_bias(context, number(4), 1.0F, static_cast<float>(node.real("epsilon", 1e-5)));
  ggml_tensor* factor = ggml_div(context, number(1), ggml_sqrt(context, variance));
  ggml_tensor* offset = ggml_sub(context, number(2), ggml_mul(context, number(3), factor));
  ggml_tensor* x = emitter.reshaped(emitter.input(node, 0), channels.shape());
  return emitter.reshaped(ggml_add(context, ggml_mul(context, x, factor), offset),
                          output_shape(emitter, node));
}

std::vector<ResizedAxis> resized_axes(const Graph& graph, const Node& node) {
  const Shape& from = shape_of(graph, node, 0);
  const Shape& to = graph.value(node.outputs[0]).shape;
  const bool scaled = node.input(2) != kAbsent && graph.value(node.input(2)).data.size() > 0;
  std::vector<ResizedAxis> axes;
  for (size_t i = 0; i < from.size(); ++i) {
    const double scale = scaled ? static_cast<double>(graph.value(node.input(2)).data.data<float>()[i])
                                : static_cast<double>(to[i]) / static_cast<double>(from[i]);
    axes.push_back({from[i], to[i], scale});
  }
  return axes;
}

// What ggml's interpolation does along an axis of an image.
std::vector<Tap> ggmls_taps(const ResizedAxis& axis, uint32_t mode) {
  std::vector<Tap> taps;
  const bool corners = (mode & GGML_SCALE_FLAG_ALIGN_CORNERS) != 0, several = axis.in > 1 && axis.out > 1;
  const double scale = corners && several
                           ? static_cast<double>(axis.out - 1) / static_cast<double>(axis.in - 1)
                           : static_cast<double>(axis.out) / static_cast<double>(axis.in);
  const double offset = corners ? 0 : 0.5;
  for (int64_t i = 0; i < axis.out; ++i) {
    if (mode == GGML_SCALE_MODE_NEAREST) {
      const auto place = static_cast<int64_t>(static_cast<double>(i) / scale);
      taps.push_back({place, place, 0});
      continue;
    }
    const double place = (static_cast<double>(i) + offset) / scale - offset;
    const auto low = static_cast<int64_t>(std::floor(place));
    const auto inside = [&](int64_t at) { return std::clamp<int64_t>(at, 0, axis.in - 1); };
    taps.push_back(
        {inside(low), inside(low + 1), std::clamp(place - static_cast<double>(inside(low)), 0.0, 1.0)});
  }
  return taps;
}

bool are_same(const Tap& a, const Tap& b) {
  constexpr double kTolerance = 1e-9;
  const bool places = a.low == b.low && (a.high == b.high || (a.weight_high == 0 && b.weight_high == 0));
  return places && std::abs(a.weight_high - b.weight_high) < kTolerance;
}

// ggml's mode that does what a node asks for; nothing where it has none.
std::optional<uint32_t> ggmls_mode(const Node& node, const std::vector<ResizedAxis>& axes) {
  if (axes.size() != 4 || axes[0].changes() || axes[1].changes()) return std::nullopt;
  for (const uint32_t mode : {uint32_t{GGML_SCALE_MODE_NEAREST}, uint32_t{GGML_SCALE_MODE_BILINEAR},
                              uint32_t{GGML_SCALE_MODE_BILINEAR} | GGML_SCALE_FLAG_ALIGN_CORNERS}) {
    const auto fits = [&](const ResizedAxis& axis) {
      return std::ranges::equal(resize_taps(node, axis), ggmls_taps(axis, mode), are_same);
    };
    if (fits(axes[2]) && fits(axes[3])) return mode;
  }
  return std::nullopt;
}

// Along one axis: by places, or as a product with what each place takes of its neighbours.
ggml_tensor* resized(Emitter& emitter, ggml_tensor* x, const Along& axis, const std::vector<Tap>& taps) {
  const auto out = static_cast<int64_t>(taps.size());
  if (std::ranges::all_of(taps, [](const Tap& tap) { return tap.weight_high == 0; })) {
    std::vector<int64_t> places;
    for (const Tap& tap : taps) places.push_back(tap.low);
    return taken(emitter, x, axis, places);
  }
  Tensor shares(DType::f32, {out, axis.length});
  for (size_t i = 0; i < taps.size(); ++i) {
    const auto row = shares.mutable_data<float>().subspan(i * static_cast<size_t>(axis.length));
    row[static_cast<size_t>(taps[i].low)] += static_cast<float>(1 - taps[i].weight_high);
    row[static_cast<size_t>(taps[i].high)] += static_cast<float>(taps[i].weight_high);
  }
  ggml_tensor* rows = ggml_mul_mat(emitter.context(), emitter.constant(shares), as_rows(emitter, x, axis));
  return from_rows(emitter, rows, axis, out);
}

ggml_tensor* resize(Emitter& emitter, const Node& node) {
  const auto axes = resized_axes(emitter.graph(), node);
  ggml_tensor* x = emitter.input(node, 0);
  const auto mode = emitter.gradients() ? std::nullopt : ggmls_mode(node, axes);
  const Shape& to = output_shape(emitter, node);
  if (mode) return ggml_interpolate(emitter.context(), x, to[3], to[2], to[1], to[0], *mode);
  Shape shape = shape_of(emitter.graph(), node, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].scale == 1) continue;
    x = resized(emitter, x, along(shape, i), resize_taps(node, axes[i]));
    shape[i] = axes[i].out;
  }
  return emitter.reshaped(x, shape);
}

}  // namespace

std::vector<Operator> image_operators() {
  return {
      {"BatchNormalization", refuse_batch_norm, batch_norm, kAnyRank},
      {"Conv", refuse_conv, conv},
      {"ConvTranspose", refuse_conv, conv_transpose, kNoBackward},
      {"Resize", nullptr, resize, kAnyRank},
  };
}

}  // namespace ggml_runner
