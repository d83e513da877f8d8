// Einsum as matrix products, one operand after the other.
#pragma once

#include "emitter.h"

namespace ggml_runner {

[[nodiscard]] std::string refuse_einsum(const Graph& graph, const Node& node, bool gradients);
[[nodiscard]] ggml_tensor* einsum(Emitter& emitter, const Node& node);

}  // namespace ggml_runner
