// How far a tensor is from the truth. Both figures are of whole tensors.
#pragma once

#include "tensor/tensor.h"

namespace assay::tensor {

struct Distance {
  double rel_l2 = 0;   // |x - y|_2 / |y|_2; when |y| = 0: 0 if x = y, else infinity
  double max_rel = 0;  // max |x - y| / max |y|; likewise
  bool finite = true;  // every element of x is finite
};

// x of any floating type against the truth y of type f64 and the same shape. Fails (data) when shapes differ.
[[nodiscard]] Result<Distance> distance(const Tensor& x, const Tensor& truth);

}  // namespace assay::tensor
