// Pools: ggml's own where they have the form that is asked for, else over an image with its surroundings, or
// over the patches that a dilated window sees.
#include <algorithm>
#include <limits>

#include "operators.h"
#include "reduction.h"
#include "shaping.h"
#include "windows.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::Window;
using assay::tensor::DType;
using assay::tensor::element_count;
using assay::tensor::Shape;

std::string refuse_max_pool(const Graph& graph, const Node& node, bool) {
  return node.output(1) != kAbsent ? "ggml's pool_2d gives no indices" : refuse_window(graph, node);
}

std::string refuse_average_pool(const Graph& graph, const Node& node, bool) {
  return refuse_window(graph, node);
}

bool is_dilated(const Window& window) {
  return std::ranges::any_of(window.dilations, [](int64_t dilation) { return dilation != 1; });
}

ggml_tensor* pool_2d(Emitter& emitter, ggml_tensor* image, const Window& window, ggml_op_pool kind) {
  const Steps x = steps_along(window, 0), y = steps_along(window, 1);
  return ggml_pool_2d(emitter.context(), image, kind, x.kernel, y.kernel, x.stride, y.stride,
                      static_cast<float>(x.pad), static_cast<float>(y.pad));
}

// What each window sees, as rows: [batch * channels * places, kernel]. Each channel is an image by itself.
ggml_tensor* patches(Emitter& emitter, ggml_tensor* image, const Window& window) {
  const Steps x = steps_along(window, 0), y = steps_along(window, 1);
  const int64_t images = image->ne[2] * image->ne[3];
  image = emitter.reshaped(image, {images, 1, image->ne[1], image->ne[0]});
  ggml_tensor* kernel = emitter.filled({1, 1, y.kernel, x.kernel}, 0);  // its shape is what counts
  ggml_tensor* rows = ggml_im2col(emitter.context(), kernel, image, x.stride, y.stride, 0, 0, x.dilation,
                                  y.dilation, true, GGML_TYPE_F32);
  return emitter.reshaped(rows, {ggml_nelements(rows) / rows->ne[0], rows->ne[0]});
}

ggml_tensor* image_of(Emitter& emitter, const Node& node) {
  return emitter.reshaped(emitter.input(node, 0), as_image(shape_of(emitter.graph(), node, 0)));
}

ggml_tensor* max_pool(Emitter& emitter, const Node& node) {
  Window window = *assay::graph::window_of(emitter.graph(), node);
  ggml_tensor* image = image_of(emitter, node);
  if (!is_even(window) || is_dilated(window)) {
    image = surrounded(emitter, image, window, -std::numeric_limits<float>::infinity());
    window = without_pads(window);
  }
  ggml_tensor* result = is_dilated(window) ? largest(emitter, patches(emitter, image, window))
                                           : pool_2d(emitter, image, window, GGML_OP_POOL_MAX);
  return emitter.reshaped(result, output_shape(emitter, node));
}

// How many places of a window lie in the image, or in it and its padding, for each place along an axis.
std::vector<float> counted(const Window& window, size_t axis, bool with_padding) {
  std::vector<float> counts(static_cast<size_t>(window.output[axis]), 0);
  const int64_t first = with_padding ? -window.pads_begin[axis] : 0;
  const int64_t last = window.input[axis] + (with_padding ? window.pads_end[axis] : 0);
  for (int64_t place = 0; place < window.output[axis]; ++place)
    for (int64_t k = 0; k < window.kernel[axis]; ++k) {
      const int64_t at = place * window.strides[axis] - window.pads_begin[axis] + k * window.dilations[axis];
      if (at >= first && at < last) ++counts[static_cast<size_t>(place)];
    }
  return counts;
}

// What turns a mean over all of a window into one over the places that count: [1, 1, height, width].
Tensor corrections(const Window& window, bool with_padding) {
  const bool flat = window.kernel.size() == 1;
  const auto across = counted(window, window.kernel.size() - 1, with_padding);
  const auto down = flat ? std::vector<float>{1} : counted(window, 0, with_padding);
  float kernel = 1;
  for (const int64_t size : window.kernel) kernel *= static_cast<float>(size);
  Tensor result(DType::f32, {1, 1, static_cast<int64_t>(down.size()), static_cast<int64_t>(across.size())});
  auto factor = result.mutable_data<float>().begin();
  for (const float rows : down)
    for (const float columns : across) *factor++ = kernel / (rows * columns);
  return result;
}

bool all_ones(const Tensor& tensor) {
  return std::ranges::all_of(tensor.data<float>(), [](float number) { return number == 1; });
}

// ggml's mean counts zeros in the padding.
ggml_tensor* average_pool(Emitter& emitter, const Node& node) {
  Window window = *assay::graph::window_of(emitter.graph(), node);
  const Tensor factors = corrections(window, node.integer("count_include_pad", 0) != 0);
  ggml_tensor* image = image_of(emitter, node);
  if (!is_even(window) || is_dilated(window)) {
    image = surrounded(emitter, image, window, 0);
    window = without_pads(window);
  }
  const Shape shape = as_image(output_shape(emitter, node));
  ggml_tensor* result = is_dilated(window) ? mean_of_rows(emitter, patches(emitter, image, window))
                                           : pool_2d(emitter, image, window, GGML_OP_POOL_AVG);
  result = emitter.reshaped(result, shape);
  if (!all_ones(factors)) result = ggml_mul(emitter.context(), result, emitter.constant(factors));
  return emitter.reshaped(result, output_shape(emitter, node));
}

template <ggml_tensor* (*kReduction)(Emitter&, ggml_tensor*)>
ggml_tensor* global(Emitter& emitter, const Node& node) {
  const Shape& shape = shape_of(emitter.graph(), node, 0);
  const int64_t images = shape[0] * shape[1], places = element_count(shape) / images;
  ggml_tensor* rows = emitter.reshaped(emitter.input(node, 0), {images, places});
  return emitter.reshaped(kReduction(emitter, rows), output_shape(emitter, node));
}

}  // namespace

std::vector<Operator> pool_operators() {
  return {
      {"AveragePool", refuse_average_pool, average_pool},
      {"GlobalAveragePool", nullptr, global<mean_of_rows>, kAnyRank},
      {"GlobalMaxPool", nullptr, global<largest>, kAnyRank},
      {"MaxPool", refuse_max_pool, max_pool, kIntegers},
  };
}

}  // namespace ggml_runner
