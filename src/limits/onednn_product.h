// The highest rate of products of matrices by oneDNN, whose kernels are other ones than those of the OpenBLAS
// of the truth: it has some for bfloat16, and for a CPU for which OpenBLAS has none.
#pragma once

#include <string_view>

#include "record/limits.h"

namespace assay::limits {

// The best of repeated products of 1536 x 1536 matrices of "f32" or "bf16", with results in float32, for
// about `seconds`, on as many threads as OMP_NUM_THREADS said when this process began. Absent with the reason
// where oneDNN has no fast kernel.
[[nodiscard]] record::Product onednn_product(std::string_view precision, double seconds);

}  // namespace assay::limits
