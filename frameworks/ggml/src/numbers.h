// ggml computes in float32: integers and truth values are float32 tensors too, 0 and 1 for false and true.
// That is exact for integers up to 2^24, and nothing larger is let in or out.
#pragma once

#include "assay_runner/runner.h"

namespace ggml_runner {

inline constexpr int64_t kLargestInteger = int64_t{1} << 24;

[[nodiscard]] bool is_integer(assay::tensor::DType dtype);

// The elements of an I64 or I32 tensor.
[[nodiscard]] std::vector<int64_t> integers_of(const assay_runner::Tensor& tensor);

// Whether float32 has all elements.
[[nodiscard]] bool is_exact(const assay_runner::Tensor& tensor);

// The same elements as F32.
[[nodiscard]] assay_runner::Tensor as_float32(const assay_runner::Tensor& tensor);

// From F32 to the type of an output. Fails (data) on an integer that float32 may have rounded.
[[nodiscard]] assay::Result<assay_runner::Tensor> as_type(const assay_runner::Tensor& tensor,
                                                          assay::tensor::DType dtype);

}  // namespace ggml_runner
