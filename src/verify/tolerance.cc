#include "verify/tolerance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "verify/thresholds.h"

namespace assay::verify {
namespace {

double share_of(double error, double tolerance) {
  if (tolerance > 0) return error / tolerance;
  return error > 0 ? std::numeric_limits<double>::infinity() : 0;
}

double error_of(const TensorDifference& comparison) {
  return comparison.finite ? comparison.abs_l2() : std::numeric_limits<double>::infinity();
}

// What one norm of an output may always be.
double floor_of(record::ComputeType type) {
  return record::is_reduced(type) ? kReducedFloorRoundings * record::unit_roundoff(type) : kExactFloor;
}

}  // namespace

double output_share(const TensorDifference& output, const TensorYardstick& yardstick,
                    record::ComputeType type, const TensorYardstick& steps) {
  const auto share = [&](double error, double norm, double by_steps) {
    return std::max(error - by_steps, 0.0) / std::max(kExactTimesYardstick * norm, floor_of(type));
  };
  return std::max(share(output.rel_l2(), yardstick.rel_l2, steps.rel_l2),
                  share(output.max_rel(), yardstick.max_rel, steps.max_rel));
}

double gradient_tolerance(const TensorDifference& gradient, const TensorYardstick& yardstick,
                          const TensorDifference& all, double spread) {
  return kGradientTimesYardstick * yardstick.abs_l2 + kGradientTimesSpread * spread +
         kGradientFloor * std::sqrt(static_cast<double>(gradient.count)) * all.rms();
}

double gradient_share(const TensorDifference& gradient, double tolerance) {
  return share_of(error_of(gradient), tolerance);
}

double gradients_share(const TensorDifference& all, const TensorYardstick& yardstick, double spread) {
  const double relative = std::max(kGradientsTimesYardstick * yardstick.rel_l2, kExactFloor);
  return share_of(error_of(all), relative * all.norm() + kGradientTimesSpread * spread);
}

double total_spread(const std::map<std::string, double>& spread) {
  double sum = 0;
  for (const auto& [name, one] : spread) sum += one * one;
  return std::sqrt(sum);
}

}  // namespace assay::verify
