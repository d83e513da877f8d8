// Activations and limits that ggml has, none of them with a backward.
#include <cmath>
#include <limits>

#include "operators.h"

namespace ggml_runner {
namespace {

using assay::graph::kAbsent;
using assay::graph::Role;

using Function = ggml_tensor* (*)(ggml_context*, ggml_tensor*);

template <Function kFunction>
ggml_tensor* activation(Emitter& emitter, const Node& node) {
  return kFunction(emitter.context(), emitter.input(node, 0));
}

std::string refuse_elu(const Graph&, const Node& node, bool) {
  return node.real("alpha", 1) == 1 ? "" : "ggml's elu has alpha 1";
}

std::string refuse_hard_sigmoid(const Graph&, const Node& node, bool) {
  const bool own = std::abs(6 * node.real("alpha", 0.2F) - 1) < 1e-6 && node.real("beta", 0.5) == 0.5;
  return own ? "" : "ggml's hardsigmoid is relu6(x + 3) / 6";
}

ggml_tensor* leaky_relu(Emitter& emitter, const Node& node) {
  return ggml_leaky_relu(emitter.context(), emitter.input(node, 0),
                         static_cast<float>(node.real("alpha", 0.01F)), false);
}

std::string refuse_clip(const Graph& graph, const Node& node, bool) {
  for (const size_t i : {1U, 2U})
    if (node.input(i) != kAbsent && graph.value(node.input(i)).role != Role::constant)
      return "ggml's clamp takes limits that are known before a step";
  return {};
}

float limit(Emitter& emitter, const Node& node, size_t i, float otherwise) {
  return node.input(i) == kAbsent ? otherwise : emitter.graph().value(node.input(i)).data.data<float>()[0];
}

// ggml clamps in place, so it gets a copy.
ggml_tensor* clip(Emitter& emitter, const Node& node) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float high = limit(emitter, node, 2, kInfinity);
  const float low = std::min(limit(emitter, node, 1, -kInfinity), high);  // an upper limit below it wins
  ggml_tensor* copy = ggml_dup(emitter.context(), emitter.input(node, 0));
  return ggml_clamp(emitter.context(), copy, low, high);
}

ggml_tensor* tile(Emitter& emitter, const Node& node) {
  const auto ne = dimensions(emitter.graph().value(node.outputs[0]).shape);
  return ggml_repeat_4d(emitter.context(), emitter.input(node, 0), ne[0], ne[1], ne[2], ne[3]);
}

}  // namespace

std::vector<Operator> activation_operators() {
  return {
      {"Ceil", nullptr, activation<ggml_ceil>, false},
      {"Clip", refuse_clip, clip, false},
      {"Elu", refuse_elu, activation<ggml_elu>, false},
      {"Floor", nullptr, activation<ggml_floor>, false},
      {"HardSigmoid", refuse_hard_sigmoid, activation<ggml_hardsigmoid>, false},
      {"HardSwish", nullptr, activation<ggml_hardswish>, false},
      {"LeakyRelu", nullptr, leaky_relu, false},
      {"Softplus", nullptr, activation<ggml_softplus>, false},
      {"Tile", nullptr, tile, false},
  };
}

}  // namespace ggml_runner
