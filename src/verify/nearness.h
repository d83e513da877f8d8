// Answers that are nearer to the truth than their compute type can be. Whoever computes in float32 rounds
// after every operator, and is off by about a yardstick; a copy of the truth is off by one rounding.
#pragma once

#include <string>
#include <vector>

#include "verify/compare.h"

namespace assay::verify {

// Collects the tensors of one answer.
class Nearness {
 public:
  // `yardstick` is that of rel_l2.
  void add(const TensorDifference& comparison, double yardstick, const tensor::Tensor& truth);

  // Why the answer cannot have been computed as declared: all its large tensors are far below their
  // yardsticks; else empty. Says nothing where the truth consists of float32 numbers itself, as another's
  // answer in its place does, or the outputs of a graph that does not round.
  [[nodiscard]] std::string reason() const;

 private:
  struct Distance {
    double error;
    double yardstick;
    tensor::Tensor truth;
  };
  std::vector<Distance> distances_;
};

}  // namespace assay::verify
