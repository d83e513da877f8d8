// Whether numbers are numbers: infinities and NaNs found and named.
#pragma once

#include <optional>
#include <string>

#include "tensor/tensor.h"

namespace assay::tensor {

// The first element that is infinite or not a number: "[3, 5] is nan". Types without such elements have none.
[[nodiscard]] std::optional<std::string> first_not_finite(const Tensor& tensor);

// The same for all tensors, in the order of their names: "lm_head.weight[3, 5] is nan".
[[nodiscard]] std::optional<std::string> first_not_finite(const TensorMap& tensors);

}  // namespace assay::tensor
