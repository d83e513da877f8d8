// One pass over an answer and its truth: the sums that every rule of the gate is made of.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace assay::verify {

struct TensorDifference {
  double error2 = 0;   // sum of (x - y)^2
  double truth2 = 0;   // sum of y^2
  double answer2 = 0;  // sum of x^2
  double dot = 0;      // sum of x * y
  double error_max = 0;
  double truth_max = 0;
  int64_t count = 0;
  bool finite = true;  // of every x

  // |x - y|_2 / |y|_2 and max |x - y| / max |y|; 0 when both are 0, infinity when only the truth is, or an x
  // or a y is not a finite number.
  [[nodiscard]] double rel_l2() const;
  [[nodiscard]] double max_rel() const;
  [[nodiscard]] double abs_l2() const;  // |x - y|_2
  [[nodiscard]] double norm() const;    // |y|_2
  [[nodiscard]] double rms() const;     // of y; not a number when there are no elements
  // Cosine of the angle between x and y; 0 when one of them is 0.
  [[nodiscard]] double cosine() const;

  // As if both pairs of tensors were one.
  void add(const TensorDifference& other);
};

// x of any floating type, y of type f64, of the same shape (checked by the caller). Large tensors are split
// over `threads`.
[[nodiscard]] TensorDifference compare(const tensor::Tensor& answer, const tensor::Tensor& truth,
                                       int threads);

// Whether the two hold the same type, shape and bytes.
[[nodiscard]] bool identical(const tensor::Tensor& a, const tensor::Tensor& b);

}  // namespace assay::verify
