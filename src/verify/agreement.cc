#include "verify/agreement.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace assay::verify {
namespace {

using tensor::DType;
using tensor::Tensor;

using Row = std::span<const double>;

// log(sum(exp(row))), without overflow.
double log_sum_exp(Row row) {
  const double top = *std::ranges::max_element(row);
  double sum = 0;
  for (const double x : row) sum += std::exp(x - top);
  return top + std::log(sum);
}

// KL(softmax(truth) || softmax(scores)) = sum p (log p - log q).
double divergence(Row scores, Row truth) {
  const double q = log_sum_exp(scores), p = log_sum_exp(truth);
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const double log_p = truth[i] - p;
    sum += std::exp(log_p) * (log_p - (scores[i] - q));
  }
  return std::max(0.0, sum);
}

auto place_of_largest(Row row) { return std::ranges::max_element(row) - row.begin(); }

}  // namespace

Result<Agreement> agreement(const Tensor& scores, const Tensor& truth) {
  if (scores.shape() != truth.shape() || scores.shape().empty() || scores.size() == 0)
    return fail(ErrorKind::data, "scores of shape {} against {}", tensor::to_string(scores.shape()),
                tensor::to_string(truth.shape()));
  if (!tensor::is_floating(scores.dtype()) || truth.dtype() != DType::f64)
    return fail(ErrorKind::data, "scores of type {} against {}", tensor::dtype_name(scores.dtype()),
                tensor::dtype_name(truth.dtype()));
  const Tensor wide = tensor::converted(scores, DType::f64);
  const Row all = wide.data<double>(), expected = truth.data<double>();
  if (!std::ranges::all_of(all, [](double x) { return std::isfinite(x); }))
    return fail(ErrorKind::data, "a score is not finite");
  const auto classes = static_cast<size_t>(scores.shape().back());
  Agreement result{.rows = static_cast<int64_t>(all.size() / classes)};
  for (size_t at = 0; at < all.size(); at += classes) {
    const Row row = all.subspan(at, classes), truth_row = expected.subspan(at, classes);
    result.kl_divergence += divergence(row, truth_row);
    result.top1 += place_of_largest(row) == place_of_largest(truth_row) ? 1 : 0;
  }
  result.kl_divergence /= static_cast<double>(result.rows);
  result.top1 /= static_cast<double>(result.rows);
  return result;
}

}  // namespace assay::verify
