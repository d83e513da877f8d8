#include "measure/warm_up.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "stats/random.h"

namespace assay::measure {
namespace {

using Series = std::function<double(int step)>;  // milliseconds

// Steps until the rule says steady; 0 when it has not after `most`.
int settles_after(const Series& series, int most = 400) {
  std::vector<int64_t> samples;
  for (int step = 0; step < most; ++step) {
    samples.push_back(static_cast<int64_t>(series(step) * 1e6));
    if (steady(samples)) return step + 1;
  }
  return 0;
}

double noise(int step, double share) {
  return 1 + share * stats::Random(static_cast<uint64_t>(step) + 17).normal();
}

TEST(WarmUp, FlatSettlesAfterTwoWindows) {
  EXPECT_EQ(settles_after([](int) { return 200.0; }), 8);
  EXPECT_EQ(settles_after([](int) { return 5000.0; }), 8);
  EXPECT_EQ(settles_after([](int) { return 5.0; }), 100);  // half a second of steps
}

TEST(WarmUp, TheFirstCompilingStepsAreNotTaken) {
  EXPECT_EQ(settles_after([](int step) { return step == 0 ? 30000.0 : 200 * noise(step, 0.005); }), 8);
  const int after =
      settles_after([](int step) { return step < 6 ? 900.0 - 100 * step : 200 * noise(step, 0.005); });
  EXPECT_GE(after, 9);
  EXPECT_LE(after, 16);
}

TEST(WarmUp, AStepIsWaitedOut) {
  const int after = settles_after([](int step) { return (step < 5 ? 260 : 200) * noise(step, 0.005); });
  EXPECT_GE(after, 9);
  EXPECT_LE(after, 14);
}

TEST(WarmUp, ARampIsWaitedOut) {
  const int after =
      settles_after([](int step) { return (step < 40 ? 400 - 5 * step : 200) * noise(step, 0.002); });
  EXPECT_GE(after, 40);
  EXPECT_LE(after, 60);
}

TEST(WarmUp, SpikesDoNotMatter) {
  EXPECT_LE(settles_after([](int step) { return step % 5 == 2 ? 500.0 : 200 * noise(step, 0.005); }), 12);
}

TEST(WarmUp, TwoModesSettle) {
  const auto after = settles_after([](int step) {
    return (stats::Random(static_cast<uint64_t>(step)).uniform() < 0.5 ? 160 : 240) * noise(step, 0.01);
  });
  EXPECT_GT(after, 0);
  EXPECT_LE(after, 24);
}

TEST(WarmUp, EndlessGrowthNeverSettles) {
  EXPECT_EQ(settles_after([](int step) { return 100 * (1 + 0.05 * step); }, 60), 0);
}

TEST(WarmUp, StepsAreAskedForInQuartersOfAWindow) {
  EXPECT_EQ(next_warm_up_steps({}, 100), 1);
  EXPECT_EQ(next_warm_up_steps(std::vector<int64_t>{500'000'000}, 100), 1);
  EXPECT_EQ(next_warm_up_steps(std::vector<int64_t>{900'000'000, 5'000'000, 5'000'000}, 100), 12);
  EXPECT_EQ(next_warm_up_steps(std::vector<int64_t>{20'000}, 100), 100);
}

}  // namespace
}  // namespace assay::measure
