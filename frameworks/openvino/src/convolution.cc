// Convolutions of images [batch, channels, spatial...].
#include "graph/window.h"
#include "operators.h"

namespace openvino_runner {
namespace {

using assay::graph::Window;

// A window's numbers in the types of OpenVINO.
struct Steps {
  explicit Steps(const Window& window)
      : strides(window.strides.begin(), window.strides.end()),
        dilations(window.dilations.begin(), window.dilations.end()),
        before(window.pads_begin.begin(), window.pads_begin.end()),
        after(window.pads_end.begin(), window.pads_end.end()) {}

  ov::Strides strides, dilations;
  ov::CoordinateDiff before, after;
};

// OpenVINO has the groups as the first of one more dimension.
Output grouped(Emitter& emitter, const Node& node, int64_t groups) {
  Shape shape = emitter.shape(node, 1);
  shape[0] /= groups;
  shape.insert(shape.begin(), groups);
  return reshaped(emitter.input(node, 1), shape);
}

Outputs with_bias(Emitter& emitter, const Node& node, const Output& y) {
  if (node.input(2) == kAbsent) return {y};
  return {make<op::Add>(y, by_channel(emitter.input(node, 2), y.get_shape().size()))};
}

Outputs conv(Emitter& emitter, const Node& node) {
  const Window window = assay::graph::window_of(emitter.graph(), node).value();
  const Steps s(window);
  const Output x = emitter.input(node, 0);
  if (window.group == 1)
    return with_bias(
        emitter, node,
        make<op::Convolution>(x, emitter.input(node, 1), s.strides, s.before, s.after, s.dilations));
  return with_bias(emitter, node,
                   make<op::GroupConvolution>(x, grouped(emitter, node, window.group), s.strides, s.before,
                                              s.after, s.dilations));
}

Outputs conv_transpose(Emitter& emitter, const Node& node) {
  const Window window = assay::graph::window_of(emitter.graph(), node).value();
  const Steps s(window);
  const Output x = emitter.input(node, 0);
  const std::vector<int64_t> extra =
      node.integers("output_padding", std::vector<int64_t>(window.kernel.size(), 0));
  const ov::CoordinateDiff more(extra.begin(), extra.end());
  const auto no_auto_pad = ov::op::PadType::EXPLICIT;
  if (window.group == 1)
    return with_bias(emitter, node,
                     make<op::ConvolutionBackpropData>(x, emitter.input(node, 1), s.strides, s.before,
                                                       s.after, s.dilations, no_auto_pad, more));
  return with_bias(emitter, node,
                   make<op::GroupConvolutionBackpropData>(x, grouped(emitter, node, window.group), s.strides,
                                                          s.before, s.after, s.dilations, no_auto_pad, more));
}

}  // namespace

std::vector<Operator> convolution_operators() { return {{"Conv", conv}, {"ConvTranspose", conv_transpose}}; }

}  // namespace openvino_runner
