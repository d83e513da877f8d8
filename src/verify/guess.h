// Why an answer is wrong, guessed from how it is wrong: a hint for whoever has to find the defect, not a
// verdict.
#pragma once

#include <string>

#include "verify/compare.h"

namespace assay::verify {

// `answer` against its truth, `comparison` being the two of them; `other` is the truth of the other input
// set. `yardstick` is the relative error that float32 rounding alone makes. "all zeros", "equals the answer
// to the other input set", "error consistent with bf16", ...
[[nodiscard]] std::string guess_cause(const tensor::Tensor& answer, const TensorDifference& comparison,
                                      const tensor::Tensor& other, double yardstick, int threads);

}  // namespace assay::verify
