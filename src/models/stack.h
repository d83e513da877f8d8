// Several input sets as one map of tensors: each input under its name, with a leading dimension that counts
// the sets. It is the form in which they are written to a file.
#pragma once

#include <span>

#include "tensor/tensor.h"

namespace assay::models {

// Copies of the sets, one behind the other. All have the same names, types and shapes; there is at least one.
[[nodiscard]] tensor::TensorMap stacked(std::span<const tensor::TensorMap> sets);

// Set number `index` of stacked ones: views of its tensors, which live as long as these do.
[[nodiscard]] tensor::TensorMap set_of(const tensor::TensorMap& stacked, int index);

// How many sets are stacked there.
[[nodiscard]] int set_count(const tensor::TensorMap& stacked);

}  // namespace assay::models
