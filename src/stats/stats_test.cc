#include <gtest/gtest.h>

#include <cmath>
#include <set>

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
  const auto ratio = ratio_of(visits(slow, 2), visits(fast, 2));
  ASSERT_TRUE(ratio && ratio->interval);
  EXPECT_NEAR(ratio->median, 1.5, 1e-12);
  EXPECT_NEAR(ratio->interval->low, 1.5, 1e-12);
  EXPECT_NEAR(ratio->interval->high, 1.5, 1e-12);
  EXPECT_EQ(verdict(*ratio), Comparison::slower);
}

TEST(Compare, UnpairedVisitsAreLeftOutAndFivePairsGiveNoInterval) {
  auto ours = visits({{1}, {1}, {1}, {1}, {1}, {1}}, 6);
  const auto theirs = visits({{2}, {2}, {2}, {2}, {2}}, 6);
  const auto ratio = ratio_of(ours, theirs);
  ASSERT_TRUE(ratio);
  EXPECT_EQ(ratio->count, 5u);
  EXPECT_DOUBLE_EQ(ratio->median, 0.5);
  EXPECT_FALSE(ratio->interval);
  EXPECT_EQ(verdict(*ratio), Comparison::too_few_rounds);
  for (auto& visit : ours) visit.block += 7;
  EXPECT_FALSE(ratio_of(ours, theirs));
}

TEST(Compare, TimeIsTheMedianOfAllSamples) {
  const auto time = time_of(visits({{1, 2, 3}, {4, 5, 6}, {7, 8, 90}}, 1));
  ASSERT_TRUE(time);
  EXPECT_DOUBLE_EQ(time->median, 5);
  EXPECT_FALSE(time->interval);
  EXPECT_FALSE(time_of({}));
}

TEST(Compare, OneBlockGivesNoInterval) {
  const auto same = visits({{1}, {1.1}, {1}, {1.2}, {1}, {1}, {1}, {1.1}}, 8);
  const auto ratio = ratio_of(same, same);
  ASSERT_TRUE(ratio);
  EXPECT_FALSE(ratio->interval) << "one launch says nothing about the next";
  EXPECT_FALSE(half_width(*ratio));
}

std::vector<VisitSamples> ones(size_t count) {
  return visits(std::vector<std::vector<double>>(count, {1.0}), 3);
}

TEST(Compare, DisturbedRoundsAreLeftOutWhileEnoughOthersRemain) {
  auto ours = ones(12);
  for (const size_t i : {0U, 4U, 5U, 9U}) {
    ours[i].samples = {3};
    ours[i].disturbed = true;
  }
  const auto ratio = ratio_of(ours, ones(12));
  EXPECT_EQ(ratio->count, 8U);
  EXPECT_EQ(ratio->disturbed, 4U);
  EXPECT_EQ(ratio->interval->high, 1);
  EXPECT_EQ(time_of(ours)->median, 1);
  // Whose visit was disturbed does not matter.
  EXPECT_EQ(ratio_of(ones(12), ours)->count, 8U);
}

TEST(Compare, WhenMostRoundsAreDisturbedAllCount) {
  auto ours = ones(12);
  for (size_t i = 0; i < 7; ++i) ours[i].disturbed = true;
  EXPECT_EQ(ratio_of(ours, ones(12))->count, 12U);
  EXPECT_EQ(time_of(ours)->count, 12U);
  auto few = ones(8);
  for (size_t i = 0; i < 3; ++i) few[i].disturbed = true;
  EXPECT_EQ(ratio_of(few, ones(8))->count, 8U) << "five would be too few for an interval";
}

Estimate known(double low, double high) {
  return {.median = std::sqrt(low * high), .interval = Bounds{low, high}, .count = 12, .blocks = 3};
}

TEST(Compare, EqualIsNotUnknown) {
  EXPECT_EQ(verdict(known(0.99, 1.02)), Comparison::equal);
  EXPECT_EQ(verdict(known(0.99, 1.04)), Comparison::not_told_apart) << "it may be 4 % slower";
  EXPECT_EQ(verdict(known(0.96, 1.01)), Comparison::not_told_apart);
  EXPECT_EQ(verdict(known(0.96, 1.04), 0.05), Comparison::equal);
  EXPECT_EQ(verdict(known(1.001, 1.02)), Comparison::slower) << "by little, but it is";
  EXPECT_EQ(verdict(known(0.5, 0.999)), Comparison::faster);
}

TEST(Compare, ByFarNeedsNoIntervalButTwoBlocks) {
  const auto seconds = [](double first, double second) { return visits({{first}, {second}}, 1); };
  const auto one = seconds(1, 1);
  EXPECT_EQ(verdict(*ratio_of(seconds(20, 22), one)), Comparison::slower);
  EXPECT_EQ(verdict(*ratio_of(one, seconds(20, 22))), Comparison::faster);
  EXPECT_EQ(verdict(*ratio_of(seconds(20, 2.9), one)), Comparison::too_few_rounds) << "once it was not far";
  const auto block = [](double first, double second) { return visits({{first}, {second}}, 2); };
  EXPECT_EQ(verdict(*ratio_of(block(8, 9), block(1, 1))), Comparison::too_few_rounds)
      << "one launch says little about the next";
  EXPECT_EQ(verdict(*ratio_of(block(20, 22), block(1, 1))), Comparison::slower)
      << "but nothing disturbs like that";
  EXPECT_EQ(verdict(*ratio_of(visits({{20}}, 1), visits({{1}}, 1))), Comparison::slower);
}

}  // namespace
}  // namespace assay::stats
