// Which BLAS multiplies matrices on the processor. The wheel for Linux brings the reference implementation,
// which no one would compute with; a user of MLX who cares builds it against OpenBLAS. The runner puts it in
// between.
#pragma once

#include <string>

#include "assay_runner/answer.h"

namespace mlx_runner {

// For the variant "openblas" OpenBLAS with so many threads, for the others what MLX came with. Returns what
// it is, for the reader. Fails (unsupported, platform) where there is none to choose.
[[nodiscard]] assay_runner::Answer<std::string> use_blas(const std::string& variant, int threads);

}  // namespace mlx_runner
