// What several operators make of the rows of a matrix.
#pragma once

#include "emitter.h"

namespace ggml_runner {

// [rows, 1]
[[nodiscard]] ggml_tensor* mean_of_rows(Emitter& emitter, ggml_tensor* rows);
// x - max - log(sum(exp(x - max)))
[[nodiscard]] ggml_tensor* log_softmax_of_rows(Emitter& emitter, ggml_tensor* rows);

}  // namespace ggml_runner
