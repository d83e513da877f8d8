// The highest rate of products of bfloat16 matrices, by oneDNN, which has kernels for the CPUs that have
// instructions for it; the OpenBLAS of the truth has none.
#pragma once

#include "record/limits.h"

namespace assay::session {

// The best of repeated products of 1536 x 1536 matrices for about `seconds`, on as many threads as
// OMP_NUM_THREADS said when this process began. Absent with the reason where oneDNN has no fast kernel.
[[nodiscard]] record::Peak bf16_peak(double seconds);

}  // namespace assay::session
