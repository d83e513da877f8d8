// How far scores are from the truth where a 2-norm says little: quantised weights change every logit and may
// still choose the same token. Only meaningful where weights are real; on generated ones every token is about
// as likely.
#pragma once

#include "tensor/tensor.h"

namespace assay::verify {

struct Agreement {
  double kl_divergence = 0;  // mean over rows of KL(softmax(truth) || softmax(scores)), in nats
  double top1 = 0;  // share of rows whose largest score is at the same place; the first of equal ones
  int64_t rows = 0;
};

// scores: any floating type, [..., classes]; truth: f64 of the same shape. Fails (data) when shapes or types
// differ, when there are no rows, and when a score is not finite.
[[nodiscard]] Result<Agreement> agreement(const tensor::Tensor& scores, const tensor::Tensor& truth);

}  // namespace assay::verify
