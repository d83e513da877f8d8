#include "stats/change_points.h"

#include <gtest/gtest.h>

#include "stats/random.h"

namespace assay::stats {
namespace {

std::vector<Point> noise(size_t count, double deviation, Random& random) {
  std::vector<Point> series;
  for (size_t i = 0; i < count; ++i) series.push_back({deviation * random.normal(), deviation * deviation});
  return series;
}

TEST(ChangePoints, FindsTheStepAndItsPlace) {
  Random random(2);
  auto series = noise(12, 0.01, random);
  for (size_t i = 7; i < series.size(); ++i) series[i].value += 0.08;
  const auto found = change_points(series);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at, 7U);
  EXPECT_NEAR(found[0].step, 0.08, 0.02);
  EXPECT_LT(found[0].interval.low, 0.08);
  EXPECT_GT(found[0].interval.high, 0.08);
}

TEST(ChangePoints, FindsSeveralInTheirOrder) {
  Random random(2);
  auto series = noise(30, 0.01, random);
  for (size_t i = 10; i < 20; ++i) series[i].value += 0.1;
  const auto found = change_points(series);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at, 10U);
  EXPECT_EQ(found[1].at, 20U);
  EXPECT_NEAR(found[1].step, -0.1, 0.02);
}

TEST(ChangePoints, TwoFiguresSufficeWhereTheyAreSure) {
  const std::vector<Point> apart = {{0, 1e-4}, {0.1, 1e-4}}, near = {{0, 1e-4}, {0.02, 1e-4}};
  EXPECT_EQ(change_points(apart).size(), 1U);
  EXPECT_TRUE(change_points(near).empty());
  EXPECT_TRUE(change_points(std::vector<Point>{{1, 1}}).empty());
  EXPECT_TRUE(change_points({}).empty());
}

TEST(ChangePoints, FalseAlarmsAreAsRareAsPromised) {
  Random random(3);
  int alarms = 0;
  for (int trial = 0; trial < 2000; ++trial) alarms += !change_points(noise(20, 0.03, random)).empty();
  EXPECT_LE(alarms, 28) << "1 % of 2000, and chance";
}

}  // namespace
}  // namespace assay::stats
