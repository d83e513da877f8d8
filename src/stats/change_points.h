// Where a series of figures of known uncertainty changes its level: the results of one contestant, run after
// run.
//
// Binary segmentation (Scott and Knott, Biometrics 30, 1974) with the test of one change in a normal mean
// whose variances are known (Hinkley, Inference about the change-point in a sequence of random variables,
// Biometrika 57, 1970): of every split the weighted means of both sides are compared; the most significant
// one counts when its two-sided p-value, times the number of splits (Bonferroni), is under the rate of false
// alarms. Each side is then searched the same way. bench/coverage simulates how often a series without a
// change gets one; docs/method.md has the table.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stats/bounds.h"

namespace assay::stats {

struct Point {
  double value = 0;     // of a time its logarithm
  double variance = 0;  // of the value; above 0
};

struct ChangePoint {
  size_t at = 0;    // the first point of the new level
  double step = 0;  // new level less the old one, each the weighted mean of its stretch
  Bounds interval;  // of the step, 95 %
};

inline constexpr double kFalseAlarms = 0.01;  // of a series of any length without a change

// In order of their places.
[[nodiscard]] std::vector<ChangePoint> change_points(std::span<const Point> series,
                                                     double false_alarms = kFalseAlarms);

}  // namespace assay::stats
