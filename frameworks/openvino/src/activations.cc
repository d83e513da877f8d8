// Activations: OpenVINO's own where it has them.
#include "operators.h"

namespace openvino_runner {
namespace {

template <class Kind>
Outputs plain(Emitter& emitter, const Node& node) {
  return {make<Kind>(emitter.input(node, 0))};
}

Outputs gelu(Emitter& emitter, const Node& node) {
  const bool tanh = node.text("approximate", "none") == "tanh";
  return {make<op::Gelu>(emitter.input(node, 0),
                         tanh ? ov::op::GeluApproximationMode::TANH : ov::op::GeluApproximationMode::ERF)};
}

Outputs swish(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  const double alpha = node.real("alpha", 1);
  return {alpha == 1 ? make<op::Swish>(x) : make<op::Swish>(x, scalar(alpha, x))};
}

Outputs elu(Emitter& emitter, const Node& node) {
  return {make<op::Elu>(emitter.input(node, 0), node.real("alpha", 1))};
}

// alpha times the ELU of x / alpha.
Outputs celu(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0), alpha = scalar(node.real("alpha", 1), x);
  return {make<op::Multiply>(make<op::Elu>(make<op::Divide>(x, alpha), 1.0), alpha)};
}

Outputs selu(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  return {make<op::Selu>(x, scalar(node.real("alpha", 1.67326319217681884765625), x),
                         scalar(node.real("gamma", 1.05070102214813232421875), x))};
}

Outputs leaky_relu(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  return {make<op::PRelu>(x, reshaped(scalar(node.real("alpha", 0.01F), x), {1}))};
}

// Whether the slopes are one for each channel.
bool by_channels(const Shape& x, Shape slope) {
  if (x.size() < 2) return false;
  slope.insert(slope.begin(), x.size() - slope.size(), 1);
  Shape expected(x.size(), 1);
  expected[1] = x[1];
  return slope == expected;
}

Outputs prelu(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0), slope = emitter.input(node, 1);
  const Shape& shape = emitter.shape(node, 0);
  if (by_channels(shape, emitter.shape(node, 1))) return {make<op::PRelu>(x, reshaped(slope, {shape[1]}))};
  return {make<op::Select>(make<op::Less>(x, scalar(0, x)), make<op::Multiply>(x, slope), x)};
}

Outputs hard_sigmoid(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  return {make<op::HardSigmoid>(x, scalar(node.real("alpha", 0.2F), x), scalar(node.real("beta", 0.5), x))};
}

Outputs thresholded_relu(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0);
  return {make<op::Select>(make<op::Greater>(x, scalar(node.real("alpha", 1), x)), x, scalar(0, x))};
}

Outputs shrink(Emitter& emitter, const Node& node) {
  const Output x = emitter.input(node, 0), bias = scalar(node.real("bias", 0), x);
  const double limit = node.real("lambd", 0.5);
  const Output above =
      make<op::Select>(make<op::Greater>(x, scalar(limit, x)), make<op::Subtract>(x, bias), scalar(0, x));
  return {make<op::Select>(make<op::Less>(x, scalar(-limit, x)), make<op::Add>(x, bias), above)};
}

}  // namespace

std::vector<Operator> activation_operators() {
  return {
      {"Celu", celu},
      {"Elu", elu},
      {"Gelu", gelu},
      {"HardSigmoid", hard_sigmoid},
      {"HardSwish", plain<op::HSwish>},
      {"LeakyRelu", leaky_relu},
      {"Mish", plain<op::Mish>},
      {"PRelu", prelu},
      {"Relu", plain<op::Relu>},
      {"Selu", selu},
      {"Shrink", shrink},
      {"Sigmoid", plain<op::Sigmoid>},
      {"Softplus", plain<op::SoftPlus>},
      {"Softsign", plain<op::SoftSign>},
      {"Swish", swish},
      {"Tanh", plain<op::Tanh>},
      {"ThresholdedRelu", thresholded_relu},
  };
}

}  // namespace openvino_runner
