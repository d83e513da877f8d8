#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "stats/bootstrap.h"
#include "stats/compare.h"
#include "stats/quantile.h"
#include "stats/random.h"

namespace assay::stats {
namespace {

TEST(Quantile, KnownAnswers) {
  const std::vector<double> numbers = {40, 10, 30, 20};
  EXPECT_DOUBLE_EQ(median(numbers), 25);
  EXPECT_DOUBLE_EQ(quantile(numbers, 0), 10);
  EXPECT_DOUBLE_EQ(quantile(numbers, 1), 40);
  EXPECT_DOUBLE_EQ(quantile(numbers, 0.25), 17.5);  // as numpy.quantile and R's default
  EXPECT_DOUBLE_EQ(median(std::vector<double>{7}), 7);
}

TEST(Quantile, RobustDeviationIgnoresAnOutlier) {
  EXPECT_NEAR(robust_deviation(std::vector<double>{1, 2, 3, 4, 1000}), 1.4826, 1e-12);
}

TEST(Quantile, HighPercentilesNeedSamples) {
  EXPECT_EQ(least_samples(50), 1);
  EXPECT_EQ(least_samples(90), 64);
  EXPECT_EQ(least_samples(95), 130);
  EXPECT_EQ(least_samples(99), 662);
  EXPECT_FALSE(least_samples(99.9));
  const std::vector<double> few(63, 1.0), enough(64, 1.0);
  EXPECT_FALSE(percentile(few, 90));
  EXPECT_EQ(percentile(enough, 90), 1.0);
}

TEST(Random, IsTheSameEverywhereAndSeparatesPurposes) {
  Random random(1234567);  // first outputs of the published generator for this seed
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
  EXPECT_NE(Random(1, "order").next(), Random(1, "input sets").next());
}

TEST(Random, BelowCoversItsRange) {
  Random random(5);
  std::set<uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen, (std::set<uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(Bootstrap, OfOneValueIsThatValue) {
  const std::vector<std::vector<double>> blocks = {{3, 3}, {}, {3}};
  const Bounds bounds = bootstrap_median(blocks, 1);
  EXPECT_EQ(bounds.low, 3);
  EXPECT_EQ(bounds.high, 3);
}

TEST(Bootstrap, BlocksThatDifferWidenIt) {
  const std::vector<std::vector<double>> alike = {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}};
  const std::vector<std::vector<double>> apart = {{1, 1, 1, 1}, {2.5, 2.5, 2.5, 2.5}, {4, 4, 4, 4}};
  const Bounds narrow = bootstrap_median(alike, 1), wide = bootstrap_median(apart, 1);
  EXPECT_GT(narrow.low, 1.0);
  EXPECT_EQ(wide.low, 1.0);
  EXPECT_EQ(wide.high, 4.0);
}

std::vector<VisitSamples> visits(const std::vector<std::vector<double>>& samples, int rounds_per_block) {
  std::vector<VisitSamples> result;
  for (size_t i = 0; i < samples.size(); ++i)
    result.push_back(
        {static_cast<int>(i) / rounds_per_block, static_cast<int>(i) % rounds_per_block, samples[i]});
  return result;
}

TEST(Compare, RatioPairsWithinRounds) {
  // Both drift by a factor of two; within each round one takes 1.5 times as long.
  std::vector<std::vector<double>> slow, fast;
  for (int i = 0; i < 6; ++i) {
    const double drift = 1 + i / 5.0;
    slow.push_back({1.5 * drift, 1.5 * drift, 9 * drift});
    fast.push_back({drift, drift, drift});
  }
  const auto ratio = ratio_of(visits(slow, 2), visits(fast, 2), 1);
  ASSERT_TRUE(ratio && ratio->interval);
  EXPECT_NEAR(ratio->median, 1.5, 1e-12);
  EXPECT_NEAR(ratio->interval->low, 1.5, 1e-12);
  EXPECT_NEAR(ratio->interval->high, 1.5, 1e-12);
  EXPECT_EQ(verdict(*ratio), Comparison::slower);
}

TEST(Compare, UnpairedVisitsAreLeftOutAndFivePairsGiveNoInterval) {
  auto ours = visits({{1}, {1}, {1}, {1}, {1}, {1}}, 6);
  const auto theirs = visits({{2}, {2}, {2}, {2}, {2}}, 6);
  const auto ratio = ratio_of(ours, theirs, 1);
  ASSERT_TRUE(ratio);
  EXPECT_EQ(ratio->count, 5u);
  EXPECT_DOUBLE_EQ(ratio->median, 0.5);
  EXPECT_FALSE(ratio->interval);
  EXPECT_EQ(verdict(*ratio), Comparison::no_verdict);
  for (auto& visit : ours) visit.block += 7;
  EXPECT_FALSE(ratio_of(ours, theirs, 1));
}

TEST(Compare, TimeIsTheMedianOfAllSamples) {
  const auto time = time_of(visits({{1, 2, 3}, {4, 5, 6}, {7, 8, 90}}, 1), 1);
  ASSERT_TRUE(time);
  EXPECT_DOUBLE_EQ(time->median, 5);
  EXPECT_FALSE(time->interval);
  EXPECT_FALSE(time_of({}, 1));
}

// A machine as measured ones behave: slow drift shared by all, noise of each step, disturbances that only
// ever add, a mode that a process keeps for a block.
std::vector<VisitSamples> simulate(double factor, const std::vector<double>& drift, int blocks, int rounds,
                                   Random& random) {
  std::vector<VisitSamples> result;
  for (int block = 0; block < blocks; ++block) {
    const double mode = std::exp(0.005 * random.normal());
    for (int round = 0; round < rounds; ++round) {
      VisitSamples visit{block, round, {}};
      for (int step = 0; step < 5; ++step) {
        const double disturbed = random.uniform() < 0.2 ? 1 + 0.5 * random.uniform() : 1;
        const double noise = std::exp(0.03 * random.normal());
        visit.samples.push_back(factor * mode * drift[static_cast<size_t>(block * rounds + round)] * noise *
                                disturbed);
      }
      result.push_back(visit);
    }
  }
  return result;
}

struct Coverage {
  double contains = 0;  // share of intervals that contain the true ratio
  double differs = 0;   // share that exclude 1
};

Coverage coverage(double true_ratio, int blocks, int rounds, int trials) {
  Random random(20260101, "coverage");
  int contains = 0, differs = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> drift;
    for (int i = 0; i < blocks * rounds; ++i)
      drift.push_back((i == 0 ? 1 : drift.back()) * std::exp(0.05 * random.normal()));
    const auto ours = simulate(true_ratio, drift, blocks, rounds, random);
    const auto theirs = simulate(1, drift, blocks, rounds, random);
    const auto ratio = ratio_of(ours, theirs, static_cast<uint64_t>(trial));
    contains += ratio->interval->low <= true_ratio && true_ratio <= ratio->interval->high;
    differs += verdict(*ratio) != Comparison::tie;
  }
  return {static_cast<double>(contains) / trials, static_cast<double>(differs) / trials};
}

TEST(Compare, IntervalCoversTheTrueRatio) {
  const Coverage same = coverage(1, 3, 5, 200);
  RecordProperty("contains", std::to_string(same.contains));
  EXPECT_GE(same.contains, 0.93);
  EXPECT_NEAR(same.differs, 1 - same.contains, 1e-12);
}

TEST(Compare, FindsFivePercent) { EXPECT_GE(coverage(1.05, 3, 10, 100).differs, 0.95); }

}  // namespace
}  // namespace assay::stats
