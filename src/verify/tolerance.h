// What one compute type may be off by, tensor by tensor: the rules of docs/method.md on a yardstick, as pure
// functions. A share is error over tolerance; up to 1 it passes.
#pragma once

#include <map>
#include <string>

#include "record/compute_type.h"
#include "verify/compare.h"
#include "verify/yardstick.h"

namespace assay::verify {

// An output: both norms hold; the larger share of the two. The yardstick is that of `type`. What steps may
// do to the output is taken off its error first.
[[nodiscard]] double output_share(const TensorDifference& output, const TensorYardstick& yardstick,
                                  record::ComputeType type, const TensorYardstick& steps = {});

// |error|_2 that the gradient of one parameter may have. `all` compares all gradients of the answer as one
// tensor, `spread` is what kinks do to this one.
[[nodiscard]] double gradient_tolerance(const TensorDifference& gradient, const TensorYardstick& yardstick,
                                        const TensorDifference& all, double spread);
[[nodiscard]] double gradient_share(const TensorDifference& gradient, double tolerance);

// All gradients together; `spread` is that of all, |on - off|_2.
[[nodiscard]] double gradients_share(const TensorDifference& all, const TensorYardstick& yardstick,
                                     double spread);

// |on - off|_2 of all gradients as one tensor.
[[nodiscard]] double total_spread(const std::map<std::string, double>& spread);

}  // namespace assay::verify
