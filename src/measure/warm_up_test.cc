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
  EXPECT_EQ(settles_after([](int) { return 600.0; }), 8);
  EXPECT_EQ(settles_after([](int) { return 1000.0; }), 4);  // two seconds of two steps are enough
  EXPECT_EQ(settles_after([](int) { return 30'000.0; }), 4);
  EXPECT_EQ(settles_after([](int) { return 5.0; }), 100);  // half a second of steps
}

TEST(WarmUp, TheFirstCompilingStepsAreNotTaken) {
  EXPECT_EQ(settles_after([](int step) { return step == 0 ? 30000.0 : 200 * noise(step, 0.005); }), 8);
  const int after =
      settles_after([](int step) { return step < 6 ? 900.0 - 100 * step : 200 * noise(step, 0.005); });
  EXPECT_GE(after, 9);
  EXPECT_LE(after, 16);
}

TEST(WarmUp, SlowStepsThatFallAreWaitedOut) {
  EXPECT_EQ(settles_after([](int step) { return step == 0 ? 30'000.0 : 2000 * noise(step, 0.005); }), 5);
  const int after =
      settles_after([](int step) { return (step < 5 ? 3000.0 - 200 * step : 2000) * noise(step, 0.005); });
  EXPECT_GE(after, 7);
  EXPECT_LE(after, 10);
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

int settles_in(const std::vector<double>& recorded) {
  return settles_after([&](int step) { return recorded[static_cast<size_t>(step)]; },
                       static_cast<int>(recorded.size()));
}

// Eight linear layers of 384, batch 64, on two cores that a dozen other processes wanted as
// well: compiled in the first step, slow until the sixth, then between a millisecond and the time slices of
// the others.
TEST(WarmUp, RecordedCompiledOnABusyMachine) {
  const std::vector<double> recorded = {
      8275.284, 331.799, 319.983, 312.053, 311.974, 320.128, 29.465,  1.776,   149.529, 1.842, 69.8,   24.018,
      1.796,    82.074,  52.842,  1.798,   224.963, 93.095,  1.755,   201.156, 105.207, 1.647, 29.982, 1.758,
      137.389,  188.918, 1.839,   73.988,  1.941,   173.205, 128.678, 1.15,    0.884,   0.837, 73.424, 1.366};
  const int after = settles_in(recorded);
  EXPECT_GT(after, 9) << "steps of the compiling phase were taken for steady";
  EXPECT_LE(after, 36);
}

// The same layers run eagerly: the first ten steps, all of them disturbed alike, cannot be told from a slow
// contestant's.
TEST(WarmUp, RecordedEagerOnABusyMachine) {
  const std::vector<double> recorded = {218.031, 217.015, 176.017, 211.942, 198.244, 227.856, 184.206,
                                        213.667, 196.024, 180.484, 1.17,    1.101,   0.976,   220.746,
                                        1.194,   1.025,   23.48,   1.383,   17.707};
  const int after = settles_in(recorded);
  EXPECT_GE(after, 8);
  EXPECT_LE(after, 10);
}

TEST(WarmUp, StepsAreAskedForInQuartersOfAWindow) {
  EXPECT_EQ(next_warm_up_steps({}, 100), 1);
  EXPECT_EQ(next_warm_up_steps(std::vector<int64_t>{500'000'000}, 100), 1);
  EXPECT_EQ(next_warm_up_steps(std::vector<int64_t>{900'000'000, 5'000'000, 5'000'000}, 100), 12);
  EXPECT_EQ(next_warm_up_steps(std::vector<int64_t>{20'000}, 100), 100);
}

}  // namespace
}  // namespace assay::measure
