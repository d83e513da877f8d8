// Gradients of pooling and of nearest-neighbour enlargement.
#include <algorithm>
#include <cmath>

#include "autodiff/rule.h"
#include "graph/window.h"

namespace assay::autodiff {
namespace {

using graph::Window;

Shape joined_shape(Shape a, const Shape& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The pixel that was taken, the first of equal ones, has the gradient.
void max_pool(GradientContext& c) {
  Emitter& e = c.emit;
  if (c.node.integer("storage_order", 0) != 0) return c.fail("storage_order 1 is not supported");
  const int64_t pixels = tensor::element_count(c.shape(0));
  const int64_t taken = tensor::element_count(e.shape(c.output()));
  const ValueId flat = e.op("ScatterElements",
                            {e.zeros({pixels}, e.dtype(c.output())), e.reshape(c.output(1), {taken}),
                             e.reshape(c.gradient(), {taken})},
                            {{"axis", int64_t{0}}, {"reduction", std::string("add")}});
  c.give(0, e.reshape(flat, c.shape(0)));
}

// How many pixels each output averages over, padding counted or not. One number an output position.
std::vector<float> pixel_counts(const Window& w, bool with_padding) {
  std::vector<float> counts{1};
  for (size_t i = 0; i < w.kernel.size(); ++i) {
    std::vector<float> longer;
    for (const float outer : counts)
      for (int64_t o = 0; o < w.output[i]; ++o) {
        int64_t inside = 0;
        for (int64_t k = 0; k < w.kernel[i]; ++k) {
          const int64_t at = o * w.strides[i] - w.pads_begin[i] + k * w.dilations[i];
          inside += with_padding || (at >= 0 && at < w.input[i]) ? 1 : 0;
        }
        longer.push_back(outer * static_cast<float>(inside));
      }
    counts = std::move(longer);
  }
  return counts;
}

// Every pixel gets its share of the outputs it was averaged in: a transposed convolution with ones, each
// channel by itself.
void average_pool(GradientContext& c) {
  Emitter& e = c.emit;
  const auto window = graph::window_of(c.forward(), c.node);
  if (!window) return c.fail(window.error().message);
  if (c.node.integer("ceil_mode", 0) != 0) return c.fail("ceil_mode is not supported");
  const Window& w = *window;
  const DType type = e.dtype(c.output());
  const auto counts = graph::Tensor::of<float>(joined_shape({1, 1}, w.output),
                                               pixel_counts(w, c.node.integer("count_include_pad", 0) != 0));
  const ValueId divisor = e.constant("counts." + c.node.name, tensor::converted(counts, type));
  std::vector<int64_t> ends, extra;
  for (size_t i = 0; i < w.kernel.size(); ++i) {
    const int64_t reach =
        w.strides[i] * (w.output[i] - 1) + w.dilations[i] * (w.kernel[i] - 1) + 1 - w.pads_begin[i];
    ends.push_back(std::max<int64_t>(0, reach - w.input[i]));
    extra.push_back(std::max<int64_t>(0, w.input[i] - reach));
  }
  const int64_t channels = c.shape(0)[1];
  c.give(0, e.op("ConvTranspose",
                 {e.div(c.gradient(), divisor), e.filled(1, joined_shape({channels, 1}, w.kernel), type)},
                 {{"strides", w.strides},
                  {"dilations", w.dilations},
                  {"group", channels},
                  {"pads", joined_shape(w.pads_begin, ends)},
                  {"output_padding", extra}}));
}

void global_average_pool(GradientContext& c) {
  const Shape x = c.shape(0);
  const int64_t pixels = tensor::element_count(x) / x[0] / x[1];
  c.give(0, c.emit.expand(c.emit.scale(c.gradient(), 1 / static_cast<double>(pixels)), x));
}

// The largest pixels of a plane, which share its gradient.
void global_max_pool(GradientContext& c) {
  Emitter& e = c.emit;
  const DType type = e.dtype(c.output());
  const ValueId equal = e.op("Equal", {c.input(0), c.output()});
  const ValueId chosen = e.op("Where", {equal, e.scalar(1, type), e.scalar(0, type)});
  c.give(0, e.mul(chosen, e.div(c.gradient(), e.sum_to(chosen, e.shape(c.output())))));
}

// The input position that output position `o` copies when a dimension grows `factor` times.
int64_t nearest_source(const graph::Node& node, int64_t o, double factor) {
  const std::string mode = node.text("coordinate_transformation_mode", "half_pixel");
  const double x =
      mode == "asymmetric" ? static_cast<double>(o) / factor : (static_cast<double>(o) + 0.5) / factor - 0.5;
  const std::string rounding = node.text("nearest_mode", "round_prefer_floor");
  if (rounding == "floor") return static_cast<int64_t>(std::floor(x));
  if (rounding == "ceil") return static_cast<int64_t>(std::ceil(x));
  return static_cast<int64_t>(rounding == "round_prefer_floor" ? std::ceil(x - 0.5) : std::floor(x + 0.5));
}

// Whether every pixel becomes a block of `factor` pixels.
bool in_blocks(const graph::Node& node, int64_t input, int64_t factor) {
  for (int64_t o = 0; o < input * factor; ++o) {
    const int64_t source = nearest_source(node, o, static_cast<double>(factor));
    if (std::clamp<int64_t>(source, 0, input - 1) != o / factor) return false;
  }
  return true;
}

// Whole-number enlargement: the sum over each pixel's block, as its average times its size.
void resize(GradientContext& c) {
  Emitter& e = c.emit;
  const Shape x = c.shape(0);
  const Shape y = e.shape(c.output());
  if (c.node.text("mode", "nearest") != "nearest") return c.fail("only mode nearest is supported");
  if (c.node.text("coordinate_transformation_mode", "half_pixel") == "align_corners")
    return c.fail("align_corners is not supported");
  std::vector<int64_t> factors;
  for (size_t i = 0; i < x.size(); ++i) {
    if (y[i] % x[i] != 0 || !in_blocks(c.node, x[i], y[i] / x[i]) || (i < 2 && y[i] != x[i]))
      return c.fail("only enlargement of the image by whole numbers is supported");
    if (i >= 2) factors.push_back(y[i] / x[i]);
  }
  const ValueId average =
      e.op("AveragePool", {c.gradient()}, {{"kernel_shape", factors}, {"strides", factors}});
  c.give(0, e.scale(average, static_cast<double>(tensor::element_count(factors))));
}

constexpr Rule kPoolingRules[] = {
    {.op = "MaxPool", .gradient = max_pool, .outputs = 2},
    {"AveragePool", average_pool},
    {"GlobalAveragePool", global_average_pool},
    {"GlobalMaxPool", global_max_pool},
    {"Resize", resize},
};

}  // namespace

std::span<const Rule> pooling_rules() { return kPoolingRules; }

}  // namespace assay::autodiff
