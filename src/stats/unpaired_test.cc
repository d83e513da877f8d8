#include "stats/unpaired.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::stats {
namespace {

Estimate figure(double centre, double factor) {
  return {.median = centre, .interval = Bounds{centre / factor, centre * factor}, .count = 30, .blocks = 5};
}

TEST(Unpaired, WidthsAddAsSquaresInLogarithms) {
  const auto ratio = ratio_by_control(figure(1.2, std::exp(0.03)), figure(1.0, std::exp(0.04)));
  EXPECT_NEAR(ratio.median, 1.2, 1e-12);
  EXPECT_NEAR(ratio.interval->low, 1.2 * std::exp(-0.05), 1e-12);
  EXPECT_NEAR(ratio.interval->high, 1.2 * std::exp(0.05), 1e-12);
}

TEST(Unpaired, EachSideOfAnIntervalCountsForItself) {
  Estimate skewed = figure(1, std::exp(0.03));
  skewed.interval->high = std::exp(0.12);
  const auto ratio = ratio_by_control(skewed, figure(1, std::exp(0.05)));
  EXPECT_NEAR(std::log(ratio.interval->high), std::hypot(0.12, 0.05), 1e-12);
  EXPECT_NEAR(std::log(ratio.interval->low), -std::hypot(0.03, 0.05), 1e-12);
}

TEST(Unpaired, TimesOfTwoRunsAreLessSureThanRatiosToAControl) {
  const Estimate one = figure(100, std::exp(0.01)), other = figure(100, std::exp(0.01));
  const auto times = ratio_unpaired(one, other);
  EXPECT_NEAR(std::log(times.interval->high),
              std::sqrt(2e-4 + std::pow(1.959964 * std::sqrt(2) * kBetweenRuns, 2)), 1e-9);
  EXPECT_GT(*half_width(times), *half_width(ratio_by_control(one, other)));
}

TEST(Unpaired, WithoutAnIntervalItCanStillTellApartByFar) {
  Estimate one_round = {.median = 50, .count = 1, .blocks = 1, .least = 50, .most = 50};
  const auto far = ratio_by_control(one_round, figure(1.2, 1.1));
  EXPECT_FALSE(far.interval);
  EXPECT_EQ(verdict(far), Comparison::slower);
  one_round.median = one_round.least = one_round.most = 12.5;
  EXPECT_EQ(verdict(ratio_by_control(one_round, figure(1.2, 1.1))), Comparison::too_few_rounds)
      << "it may be less than ten times as long";
  EXPECT_FALSE(ratio_unpaired(figure(1, 2), one_round).interval);
}

}  // namespace
}  // namespace assay::stats
