// Operands that are repeated to one shape, as numpy does it.
#pragma once

#include <utility>

#include "emitter.h"

namespace ggml_runner {

// Why ggml cannot broadcast the first two operands; empty when it can.
[[nodiscard]] std::string refuse_broadcast(const Graph& graph, const Node& node, bool gradients);

// Operands i and j in at most four axes, those that are repeated together as one.
[[nodiscard]] std::pair<ggml_tensor*, ggml_tensor*> operands(Emitter& emitter, const Node& node, size_t i,
                                                             size_t j);

// `a` repeated to the shape that it has together with `b`.
[[nodiscard]] ggml_tensor* repeated_to_both(Emitter& emitter, ggml_tensor* a, const ggml_tensor* b);

// Operand i repeated to the shape of the first output; of at most four axes.
[[nodiscard]] ggml_tensor* stretched(Emitter& emitter, const Node& node, size_t i);

// The larger, or the smaller, of an operand and of a constant number; null where the operands are others.
[[nodiscard]] ggml_tensor* clamped_by_a_number(Emitter& emitter, const Node& node, bool larger);

}  // namespace ggml_runner
