#include "models/activation.h"

#include <fmt/format.h>

#include <array>

namespace assay::models {
namespace {

struct Known {
  std::string_view name;
  Activation activation;
};

// gelu_fast and quick_gelu are other functions than these, and have no operator.
constexpr std::array<Known, 13> kKnown = {{{"silu", Activation::silu},
                                           {"swish", Activation::silu},
                                           {"gelu", Activation::gelu},
                                           {"gelu_python", Activation::gelu},
                                           {"gelu_new", Activation::gelu_tanh},
                                           {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                           {"gelu_python_tanh", Activation::gelu_tanh},
                                           {"relu", Activation::relu},
                                           {"tanh", Activation::tanh},
                                           {"sigmoid", Activation::sigmoid},
                                           {"mish", Activation::mish},
                                           {"hardswish", Activation::hard_swish},
                                           {"leaky_relu", Activation::leaky_relu}}};

std::string all_names() {
  std::string result;
  for (const Known& known : kKnown)
    result += fmt::format("{}{}", result.empty() ? "" : &known == &kKnown.back() ? " or " : ", ", known.name);
  return result;
}

}  // namespace

Result<Activation> read_activation(const Config& config, std::string_view key) {
  ASSAY_TRY(const std::string name, config.text(key));
  for (const Known& known : kKnown)
    if (name == known.name) return known.activation;
  return config.refuse(key, all_names());
}

ValueId activated(Layers& layers, std::string_view prefix, ValueId x, Activation activation) {
  const auto node = [&](std::string_view name, const char* op, graph::Attributes attributes = {}) {
    return layers.op(fmt::format("{}.{}", prefix, name), op, {x}, std::move(attributes));
  };
  switch (activation) {
    case Activation::silu:
      return node("swish", "Swish");
    case Activation::gelu:
      return node("gelu", "Gelu", {{"approximate", "none"}});
    case Activation::gelu_tanh:
      return node("gelu", "Gelu", {{"approximate", "tanh"}});
    case Activation::relu:
      return node("relu", "Relu");
    case Activation::tanh:
      return node("tanh", "Tanh");
    case Activation::sigmoid:
      return node("sigmoid", "Sigmoid");
    case Activation::mish:
      return node("mish", "Mish");
    case Activation::hard_swish:
      return node("hard_swish", "HardSwish");
    case Activation::leaky_relu:
      break;
  }
  return node("leaky_relu", "LeakyRelu", {{"alpha", 0.01}});
}

}  // namespace assay::models
