// Functions that ggml has without a backward, by those that have one when gradients are asked for.
#pragma once

#include "emitter.h"

namespace ggml_runner {

[[nodiscard]] ggml_tensor* sigmoid(Emitter& emitter, ggml_tensor* x);
[[nodiscard]] ggml_tensor* tanh(Emitter& emitter, ggml_tensor* x);
// x where it is positive, else alpha * (exp(x) - 1).
[[nodiscard]] ggml_tensor* elu(Emitter& emitter, ggml_tensor* x, float alpha);

}  // namespace ggml_runner
