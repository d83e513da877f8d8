// The activations that a config.json may ask for by the names of transformers, and their nodes.
#pragma once

#include <string>
#include <string_view>

#include "models/checkpoint.h"
#include "models/layers.h"

namespace assay::models {

enum class Activation : uint8_t { silu, gelu, gelu_tanh, relu, tanh, sigmoid, mish, hard_swish, leaky_relu };

// Fails (data) naming the key and what is known.
[[nodiscard]] Result<Activation> read_activation(const Config& config, std::string_view key);

// Of each element of x, as one node under `prefix`: "layers.0.gelu".
[[nodiscard]] ValueId activated(Layers& layers, std::string_view prefix, ValueId x, Activation activation);

}  // namespace assay::models
