#include "tensor/norms.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::tensor {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// error / size, where nothing compares to nothing as equal.
double relative(double error, double size) {
  if (size == 0) return error == 0 ? 0 : kInfinity;
  return error / size;
}

template <class T>
Distance measure(std::span<const T> x, std::span<const double> truth) {
  double error_sum = 0, truth_sum = 0, error_max = 0, truth_max = 0;
  Distance result;
  for (size_t i = 0; i < x.size(); ++i) {
    const double error = std::abs(static_cast<double>(x[i]) - truth[i]);
    const double size = std::abs(truth[i]);
    result.finite = result.finite && std::isfinite(x[i]);
    error_sum += error * error;
    truth_sum += size * size;
    error_max = std::max(error_max, error);
    truth_max = std::max(truth_max, size);
  }
  // A NaN would compare as "not larger" and pass; infinity passes nowhere.
  const bool usable = result.finite && std::isfinite(truth_sum) && std::isfinite(error_sum);
  result.rel_l2 = usable ? relative(std::sqrt(error_sum), std::sqrt(truth_sum)) : kInfinity;
  result.max_rel = usable ? relative(error_max, truth_max) : kInfinity;
  return result;
}

}  // namespace

Result<Distance> distance(const Tensor& x, const Tensor& truth) {
  if (x.shape() != truth.shape())
    return fail(ErrorKind::data, "shape {} where the truth has {}", to_string(x.shape()),
                to_string(truth.shape()));
  if (!is_floating(x.dtype()) || truth.dtype() != DType::f64)
    return fail(ErrorKind::data, "type {} against {}: a floating type against F64 is needed",
                dtype_name(x.dtype()), dtype_name(truth.dtype()));
  if (x.dtype() == DType::f64) return measure(x.data<double>(), truth.data<double>());
  return measure(converted(x, DType::f32).data<float>(), truth.data<double>());
}

}  // namespace assay::tensor
