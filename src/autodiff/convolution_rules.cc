// Gradients of convolution. To the image: a transposed convolution with the same weights. To the weights: one
// matrix product for each position in the kernel, of the gradient with the image as that position sees it;
// nothing is unfolded in memory.
#include <algorithm>

#include "autodiff/rule.h"
#include "graph/window.h"

namespace assay::autodiff {
namespace {

using graph::Window;

Shape joined(Shape a, const Shape& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

bool plain(const Window& w) {
  const auto all = [](const std::vector<int64_t>& v, int64_t n) {
    return std::ranges::all_of(v, [n](int64_t x) { return x == n; });
  };
  return w.group == 1 && all(w.kernel, 1) && all(w.strides, 1) && all(w.pads_begin, 0) && all(w.pads_end, 0);
}

class ConvGradient {
 public:
  ConvGradient(GradientContext& context, Window window)
      : c_(context),
        e_(context.emit),
        w_(std::move(window)),
        x_(context.shape(0)),
        weights_(context.shape(1)) {}

  void run() {
    const ValueId g = c_.gradient();
    if (c_.wants(0)) c_.give(0, plain(w_) ? pointwise(g) : transposed(g));
    if (c_.wants(1)) c_.give(1, of_weights(c_.input(0), g));
    if (c_.wants(2)) c_.give(2, e_.sum(g, spatial_axes({0}), false));
  }

  // Of a transposed convolution: it is the way back of a convolution by the same weights, from its result to
  // its operand. `w` is that one's window.
  void run_transposed() {
    const ValueId g = c_.gradient();
    if (c_.wants(0))
      c_.give(0, e_.op("Conv", {g, c_.input(1)},
                       {{"strides", w_.strides},
                        {"dilations", w_.dilations},
                        {"group", w_.group},
                        {"pads", joined(w_.pads_begin, w_.pads_end)}}));
    if (c_.wants(1)) c_.give(1, of_weights(g, c_.input(0)));
    if (c_.wants(2)) c_.give(2, e_.sum(g, spatial_axes({0}), false));
  }

 private:
  size_t spatial() const { return w_.kernel.size(); }

  std::vector<int64_t> spatial_axes(std::vector<int64_t> axes) const {
    for (size_t i = 0; i < spatial(); ++i) axes.push_back(static_cast<int64_t>(i) + 2);
    return axes;
  }

  // A convolution with a kernel of one pixel is a product with a matrix, its gradient that with the
  // transposed.
  ValueId pointwise(ValueId g) {
    const Shape turned = joined({weights_[1], weights_[0]}, w_.kernel);
    return e_.op("Conv", {g, e_.reshape(e_.transpose(e_.rows_from(c_.input(1), 1), {1, 0}), turned)});
  }

  ValueId transposed(ValueId g) {
    std::vector<int64_t> ends;
    std::vector<int64_t> extra;
    for (size_t i = 0; i < spatial(); ++i) {
      const int64_t reach =
          w_.strides[i] * (w_.output[i] - 1) + w_.dilations[i] * (w_.kernel[i] - 1) + 1 - w_.pads_begin[i];
      ends.push_back(std::max<int64_t>(0, reach - w_.input[i]));
      extra.push_back(std::max<int64_t>(0, w_.input[i] - reach));
    }
    return e_.op("ConvTranspose", {g, c_.input(1)},
                 {{"strides", w_.strides},
                  {"dilations", w_.dilations},
                  {"group", w_.group},
                  {"pads", joined(w_.pads_begin, ends)},
                  {"output_padding", extra}});
  }

  ValueId padded(ValueId image) {
    const auto pads = joined(joined({0, 0}, w_.pads_begin), joined({0, 0}, w_.pads_end));
    const bool none = std::ranges::all_of(pads, [](int64_t n) { return n == 0; });
    return none ? image : e_.op("Pad", {image, e_.integers(pads)});
  }

  // The pixels that a position in the kernel reads, one for each output pixel.
  ValueId seen_from(ValueId image, const std::vector<int64_t>& position) {
    std::vector<int64_t> ends;
    std::vector<int64_t> starts;
    bool whole = true;
    for (size_t i = 0; i < spatial(); ++i) {
      starts.push_back(position[i] * w_.dilations[i]);
      ends.push_back(starts[i] + (w_.output[i] - 1) * w_.strides[i] + 1);
      whole = whole && starts[i] == 0 && w_.strides[i] == 1 &&
              ends[i] == w_.input[i] + w_.pads_begin[i] + w_.pads_end[i];
    }
    if (whole) return image;
    return e_.op("Slice", {image, e_.integers(starts), e_.integers(ends), e_.integers(spatial_axes({})),
                           e_.integers(w_.strides)});
  }

  // From the image that the kernel moves over and the gradient of what it makes.
  ValueId of_weights(ValueId from, ValueId g) {
    const int64_t pixels = tensor::element_count(w_.output);
    const int64_t out = weights_[0] / w_.group;
    const ValueId gradient = e_.reshape(g, {x_[0], w_.group, out, pixels});
    const ValueId image = padded(from);
    std::vector<ValueId> parts;
    std::vector<int64_t> position(spatial(), 0);
    const int64_t positions = tensor::element_count(w_.kernel);
    for (int64_t i = 0; i < positions; ++i, advance(position)) {
      const ValueId seen = e_.reshape(seen_from(image, position), {x_[0], w_.group, weights_[1], pixels});
      const ValueId product = e_.matmul(gradient, e_.transpose_last(seen));
      parts.push_back(e_.reshape(e_.sum(product, {0}, false), {1, weights_[0] * weights_[1]}));
    }
    if (positions == 1) return e_.reshape(parts[0], weights_);
    return e_.reshape(e_.transpose(e_.op("Concat", parts, {{"axis", int64_t{0}}}), {1, 0}), weights_);
  }

  void advance(std::vector<int64_t>& position) const {
    for (size_t i = spatial(); i-- > 0;) {
      if (++position[i] < w_.kernel[i]) return;
      position[i] = 0;
    }
  }

  GradientContext& c_;
  Emitter& e_;
  const Window w_;
  const Shape x_;
  const Shape weights_;  // [out, in / group, kernel...]
};

void conv(GradientContext& c) {
  auto window = graph::window_of(c.forward(), c.node);
  if (!window) return c.fail(window.error().message);
  ConvGradient(c, *std::move(window)).run();
}

void conv_transpose(GradientContext& c) {
  auto window = graph::window_of(c.forward(), c.node);
  if (!window) return c.fail(window.error().message);
  Window back = *std::move(window);
  std::swap(back.input, back.output);
  // Pixels that the last step of a stride does not reach are of no window: they are padding less, or cut off.
  const auto extra = c.node.integers("output_padding", std::vector<int64_t>(back.kernel.size(), 0));
  for (size_t i = 0; i < extra.size(); ++i)
    if (extra[i] >= back.strides[i]) return c.fail("output_padding as long as a stride is not supported");
  ConvGradient(c, std::move(back)).run_transposed();
}

constexpr Rule kConvolutionRules[] = {{"Conv", conv}, {"ConvTranspose", conv_transpose}};

}  // namespace

std::span<const Rule> convolution_rules() { return kConvolutionRules; }

}  // namespace assay::autodiff
