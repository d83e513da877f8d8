// The yardstick of a workload as a file beside its truth, and how it grows: the largest error over several
// float32 evaluations.
#pragma once

#include <filesystem>

#include "verify/truth.h"

namespace assay::verify {

struct Yardsticks {
  std::map<std::string, TensorYardstick> tensors;
  TensorYardstick gradients;  // of all gradients together
};

// Whether an output is the gradient of a parameter.
[[nodiscard]] bool is_gradient(std::string_view output);

// Raises the yardsticks to what one more float32 evaluation of the same outputs shows. Fails (data) naming
// the tensor that is missing or mis-shaped.
[[nodiscard]] Result<> raise(Yardsticks& yardsticks, const tensor::TensorMap& evaluated,
                             const tensor::TensorMap& truth, int threads);

[[nodiscard]] Result<> write_yardsticks(const std::filesystem::path& path, const Yardsticks& yardsticks);
// Fails (data) when the file is not what write_yardsticks wrote.
[[nodiscard]] Result<Yardsticks> read_yardsticks(const std::filesystem::path& path);

}  // namespace assay::verify
