#include "verify/nearness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verify/thresholds.h"

namespace assay::verify {
namespace {

constexpr double kRoundoff = 0x1p-24;

// |float32(y) - y|_2 / |y|_2: what a copy of the truth is off by, at most kRoundoff.
double rounding_of(const tensor::Tensor& truth) {
  double error2 = 0, truth2 = 0;
  for (const double y : truth.data<double>()) {
    const double error = static_cast<double>(static_cast<float>(y)) - y;
    error2 += error * error;
    truth2 += y * y;
  }
  return truth2 > 0 ? std::sqrt(error2 / truth2) : 0;
}

// How many elements hold the norm: that of as many equal ones is theirs, sum(y^2)^2 / sum(y^4) (the inverse
// participation ratio; Bell and Dean 1970).
double holders_of(const tensor::Tensor& truth) {
  double squares = 0, fourths = 0;
  for (const double y : truth.data<double>()) {
    squares += y * y;
    fourths += y * y * y * y;
  }
  return fourths > 0 ? squares * squares / fourths : 0;
}

}  // namespace

void Nearness::add(const TensorDifference& comparison, double yardstick, const tensor::Tensor& truth) {
  if (comparison.count >= kTooNearElements) distances_.push_back({comparison.rel_l2(), yardstick, truth});
}

std::string Nearness::reason() const {
  // Most answers are far enough from any truth, which saves looking at that again.
  constexpr double kFar = std::max(kTooNearRoundings / kTooNearLeastYardstick, kTooNearShare);
  if (std::ranges::any_of(distances_, [](const Distance& one) {
        return one.yardstick >= kTooNearLeastYardstick * kRoundoff && one.error > kFar * one.yardstick;
      }))
    return "";
  double largest = 0;
  for (const auto& [error, yardstick, truth] : distances_) {
    const double rounding = rounding_of(truth);
    if (rounding == 0 || yardstick < kTooNearLeastYardstick * rounding) continue;
    if (holders_of(truth) < kTooNearHolders) continue;
    if (error > std::max(kTooNearRoundings * rounding, kTooNearShare * yardstick)) return "";
    largest = std::max(largest, error / yardstick);
  }
  if (largest == 0) return "";
  return fmt::format(
      "nearer to the truth than what was declared can be: no tensor is off by more than {:.2g} x float32 "
      "rounding. A copy of it, or computed in a longer type?",
      largest);
}

}  // namespace assay::verify
