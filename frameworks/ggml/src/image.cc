// Images: [batch, channels, height, width], which is ne = {width, height, channels, batch}, as ggml's
// operators on images want it. A signal [batch, channels, length] is an image one row high, a vector of
// channels an image of one place.
#include <algorithm>

#include "graph/window.h"
#include "operators.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::Window;
using assay::tensor::element_count;
using assay::tensor::Shape;

Shape as_image(Shape shape) {
  if (shape.size() < 4) shape.insert(shape.begin() + 2, 4 - shape.size(), 1);
  return shape;
}

// A number for each channel, against an image.
ggml_tensor* per_channel(Emitter& emitter, const Node& node, size_t i) {
  return emitter.reshaped(emitter.input(node, i),
                          {1, element_count(shape_of(emitter.graph(), node, i)), 1, 1});
}

// A window's numbers as ggml counts dimensions: 0 is the width, 1 the height.
struct Steps {
  int stride, pad, dilation, kernel;
};

Steps along(const Window& window, size_t dimension) {
  const size_t rank = window.kernel.size();
  if (dimension >= rank) return {.stride = 1, .pad = 0, .dilation = 1, .kernel = 1};
  const size_t axis = rank - 1 - dimension;
  return {.stride = static_cast<int>(window.strides[axis]),
          .pad = static_cast<int>(window.pads_begin[axis]),
          .dilation = static_cast<int>(window.dilations[axis]),
          .kernel = static_cast<int>(window.kernel[axis])};
}

std::string refuse_window(const Graph& graph, const Node& node) {
  const auto window = assay::graph::window_of(graph, node);
  if (!window) return window.error().message;
  if (window->kernel.empty() || window->kernel.size() > 2) return "ggml's images have two dimensions";
  if (window->pads_begin != window->pads_end) return "ggml pads both sides alike";
  return {};
}

std::string refuse_conv(const Graph& graph, const Node& node, bool) {
  if (node.integer("group", 1) != 1) return "this runner has no groups of channels";
  return refuse_window(graph, node);
}

// The patches of an image as rows, times the filters. ggml_conv_2d does the same with patches in half
// precision.
ggml_tensor* conv(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Window window = *assay::graph::window_of(emitter.graph(), node);
  const Steps x = along(window, 0), y = along(window, 1);
  ggml_tensor* image = emitter.reshaped(emitter.input(node, 0), as_image(shape_of(emitter.graph(), node, 0)));
  ggml_tensor* filters =
      emitter.reshaped(emitter.input(node, 1), as_image(shape_of(emitter.graph(), node, 1)));
  ggml_tensor* patches = ggml_im2col(context, filters, image, x.stride, y.stride, x.pad, y.pad, x.dilation,
                                     y.dilation, true, GGML_TYPE_F32);
  const Shape& shape = output_shape(emitter, node);
  const int64_t channels = shape[1], places = element_count(shape) / channels;
  patches = emitter.reshaped(patches, {places, patches->ne[0]});
  filters = emitter.reshaped(filters, {channels, patches->ne[0]});
  ggml_tensor* result = ggml_mul_mat(context, patches, filters);  // [channels, batch, places of an image]
  if (shape[0] > 1)
    result = emitter.transposed(emitter.reshaped(result, {channels, shape[0], places / shape[0]}), {1, 0, 2});
  if (node.input(2) != kAbsent)
    result = ggml_add(context, emitter.reshaped(result, as_image(shape)), per_channel(emitter, node, 2));
  return emitter.reshaped(result, shape);
}

std::string refuse_pool(const Graph& graph, const Node& node, bool) {
  if (node.output(1) != kAbsent) return "ggml's pool_2d gives no indices";
  if (auto text = refuse_window(graph, node); !text.empty()) return text;
  const Window window = *assay::graph::window_of(graph, node);
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    if (window.dilations[i] != 1) return "ggml's pool_2d has no dilation";
    const int64_t covered = window.input[i] + 2 * window.pads_begin[i] - window.kernel[i];
    if (covered / window.strides[i] + 1 != window.output[i]) return "ggml's pool_2d rounds sizes down";
  }
  return {};
}

// ggml's average counts what lies outside.
std::string refuse_average(const Graph& graph, const Node& node, bool gradients) {
  if (auto text = refuse_pool(graph, node, gradients); !text.empty()) return text;
  const Window window = *assay::graph::window_of(graph, node);
  const bool padded = std::ranges::any_of(window.pads_begin, [](int64_t pad) { return pad != 0; });
  return padded && node.integer("count_include_pad", 0) == 0 ? "ggml's pool_2d counts the padding" : "";
}

template <ggml_op_pool kPool>
ggml_tensor* pool(Emitter& emitter, const Node& node) {
  const Window window = *assay::graph::window_of(emitter.graph(), node);
  const Steps x = along(window, 0), y = along(window, 1);
  ggml_tensor* image = emitter.reshaped(emitter.input(node, 0), as_image(shape_of(emitter.graph(), node, 0)));
  ggml_tensor* result = ggml_pool_2d(emitter.context(), image, kPool, x.kernel, y.kernel, x.stride, y.stride,
                                     static_cast<float>(x.pad), static_cast<float>(y.pad));
  return emitter.reshaped(result, output_shape(emitter, node));
}

ggml_tensor* global_average(Emitter& emitter, const Node& node) {
  const Shape& shape = shape_of(emitter.graph(), node, 0);
  const int64_t images = shape[0] * shape[1], places = element_count(shape) / images;
  ggml_tensor* rows = emitter.reshaped(emitter.input(node, 0), {images, places});
  ggml_tensor* mean = ggml_scale(emitter.context(), ggml_sum_rows(emitter.context(), rows),
                                 static_cast<float>(1.0 / static_cast<double>(places)));
  return emitter.reshaped(mean, output_shape(emitter, node));
}

std::string refuse_batch_norm(const Graph&, const Node& node, bool) {
  return node.integer("training_mode", 0) != 0 ? "statistics must be given" : "";
}

// x * factor + offset, which hold for each channel.
ggml_tensor* batch_norm(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  ggml_tensor* variance = ggml_scale_bias(context, per_channel(emitter, node, 4), 1.0F,
                                          static_cast<float>(node.real("epsilon", 1e-5)));
  ggml_tensor* factor = ggml_div(context, per_channel(emitter, node, 1), ggml_sqrt(context, variance));
  ggml_tensor* offset = ggml_sub(context, per_channel(emitter, node, 2),
                                 ggml_mul(context, per_channel(emitter, node, 3), factor));
  const Shape& shape = output_shape(emitter, node);
  ggml_tensor* image = emitter.reshaped(emitter.input(node, 0), as_image(shape));
  return emitter.reshaped(ggml_add(context, ggml_mul(context, image, factor), offset), shape);
}

ggml_tensor* group_norm(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Shape& shape = output_shape(emitter, node);
  ggml_tensor* image = emitter.reshaped(emitter.input(node, 0), as_image(shape));
  ggml_tensor* normed = ggml_group_norm(context, image, static_cast<int>(node.integer("num_groups", 1)),
                                        static_cast<float>(node.real("epsilon", 1e-5)));
  normed = ggml_mul(context, normed, per_channel(emitter, node, 1));
  return emitter.reshaped(ggml_add(context, normed, per_channel(emitter, node, 2)), shape);
}

// Whole multiples, each element repeated: the same in both of ONNX's ways to count coordinates.
std::string refuse_resize(const Graph& graph, const Node& node, bool) {
  const auto way = node.text("coordinate_transformation_mode", "half_pixel");
  const auto rounding = node.text("nearest_mode", "round_prefer_floor");
  const bool repeats = (way == "asymmetric" && rounding == "floor") ||
                       (way == "half_pixel" && rounding == "round_prefer_floor");
  if (node.text("mode", "nearest") != "nearest" || !repeats || !node.integers("axes", {}).empty())
    return "this runner repeats the nearest element";
  const Shape& from = graph.value(node.inputs[0]).shape;
  const Shape& to = graph.value(node.outputs[0]).shape;
  if (from.size() != 4 || from[0] != to[0] || from[1] != to[1] || to[2] % from[2] != 0 ||
      to[3] % from[3] != 0)
    return "ggml's interpolation is of images, by whole numbers here";
  return {};
}

ggml_tensor* resize(Emitter& emitter, const Node& node) {
  const auto ne = dimensions(output_shape(emitter, node));
  return ggml_interpolate(emitter.context(), emitter.input(node, 0), ne[0], ne[1], ne[2], ne[3],
                          GGML_SCALE_MODE_NEAREST);
}

}  // namespace

std::vector<Operator> image_operators() {
  return {
      {"AveragePool", refuse_average, pool<GGML_OP_POOL_AVG>},
      {"BatchNormalization", refuse_batch_norm, batch_norm},
      {"Conv", refuse_conv, conv},
      {"GlobalAveragePool", nullptr, global_average},
      {"GroupNormalization", nullptr, group_norm, false},
      {"MaxPool", refuse_pool, pool<GGML_OP_POOL_MAX>},
      {"Resize", refuse_resize, resize, false},
  };
}

}  // namespace ggml_runner
