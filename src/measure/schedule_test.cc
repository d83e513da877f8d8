#include "measure/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace assay::measure {
namespace {

TEST(Schedule, RoundsAreSpreadOverBlocks) {
  EXPECT_EQ(rounds_of_blocks(10, 3), (std::vector<int>{4, 3, 3}));
  EXPECT_EQ(rounds_of_blocks(2, 3), (std::vector<int>{1, 1}));
}

TEST(Schedule, ShuffledIsAPermutationThatVaries) {
  stats::Random random(1);
  std::set<std::vector<size_t>> orders;
  for (int i = 0; i < 100; ++i) {
    auto order = shuffled(3, random);
    orders.insert(order);
    std::ranges::sort(order);
    EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2}));
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(Schedule, LongStepsAreAskedForOneByOne) {
  stats::Random random(5);
  EXPECT_EQ(request_lengths(3, 20e6, random), (std::vector<int>{1, 1, 1}));
}

TEST(Schedule, ShortStepsComeInRequestsOfRandomLengthsThatAddUp) {
  stats::Random random(5);
  std::set<std::vector<int>> drawn;
  for (int i = 0; i < 100; ++i) {
    const auto lengths = request_lengths(400, 1e6, random);
    EXPECT_EQ(std::accumulate(lengths.begin(), lengths.end(), 0), 400);
    EXPECT_GT(std::ranges::count(lengths, 1), 0);
    EXPECT_GT(std::ranges::min(lengths), 0);
    EXPECT_LE(std::ranges::max(lengths), 120);
    drawn.insert(lengths);
  }
  EXPECT_EQ(drawn.size(), 100U);
  EXPECT_EQ(request_lengths(1, 1, random), std::vector<int>{1});
}

TEST(Schedule, StepsOfAVisitFillItsTime) {
  EXPECT_EQ(steps_of_visit(180e6, 1, 3, 1000), 6);
  EXPECT_EQ(steps_of_visit(2e9, 1, 3, 1000), 3);
  EXPECT_EQ(steps_of_visit(20e3, 1, 3, 1000), 1000);
}

TEST(Schedule, SlowStepsAreFewer) {
  EXPECT_EQ(steps_of_visit(3.2e9, 1, 3, 1000), 3);
  EXPECT_EQ(steps_of_visit(4e9, 1, 3, 1000), 2);
  EXPECT_EQ(steps_of_visit(30e9, 1, 3, 1000), 1);
}

TEST(Schedule, BlocksShareABudget) {
  EXPECT_EQ(blocks_within(300, 5, 2, 5), 5);
  EXPECT_EQ(blocks_within(300, 45, 4, 5), 4);
  EXPECT_EQ(blocks_within(300, 60, 4, 5), 3);
  EXPECT_EQ(blocks_within(300, 60, 25, 5), 2) << "three of one round have no interval";
  EXPECT_EQ(blocks_within(300, 250, 4, 5), 2) << "one alone has none either";
  EXPECT_EQ(blocks_within(300, 0, 0, 5), 5);
  EXPECT_EQ(blocks_within(0, 10, 1, 1), 1);
}

TEST(Schedule, SlowIsWhoWouldTakeTheOthersTime) {
  using Flags = std::vector<bool>;
  const std::vector<std::optional<double>> steps = {0.2, 30, std::nullopt};
  EXPECT_EQ(slow_contestants(steps, 300, 5), (Flags{false, true, false}));
  EXPECT_EQ(slow_contestants(steps, std::nullopt, 5), (Flags{false, false, false})) << "nobody is in a hurry";
  EXPECT_EQ(slow_contestants(steps, 24 * 3600, 5), (Flags{false, false, false}));
  EXPECT_EQ(slow_contestants(std::vector<std::optional<double>>{20, 30}, 300, 5), (Flags{false, false}))
      << "where all are slow, nobody waits for another";
}

TEST(Schedule, GroupsFitIntoMemoryAndHoldTheBaseline) {
  using Groups = std::vector<std::vector<size_t>>;
  const std::vector<std::optional<int64_t>> peaks = {2, 3, 4, 5, 9, std::nullopt};
  EXPECT_EQ(groups_in_memory(peaks, 100), (Groups{{0, 1, 2, 3, 4, 5}}));
  EXPECT_EQ(groups_in_memory(peaks, 9), (Groups{{0, 1, 2, 5}, {0, 3}, {4}}));
  EXPECT_EQ(groups_in_memory(std::vector<std::optional<int64_t>>{7}, 1), (Groups{{0}}));
}

TEST(Schedule, ClocksThatDifferAreFound) {
  const std::vector<int64_t> samples = {100'000'000, 100'000'000};
  EXPECT_TRUE(clocks_agree(samples, 200'000'000));
  EXPECT_TRUE(clocks_agree(samples, 201'500'000));
  EXPECT_FALSE(clocks_agree(samples, 203'000'000));
  EXPECT_FALSE(clocks_agree(samples, 197'000'000));
  EXPECT_TRUE(clocks_agree(samples, 203'000'000, 0.02)) << "a core that waited for a CPU saw the end late";
  EXPECT_FALSE(clocks_agree(samples, 230'000'000, 0.02)) << "but not by more than it waited";
  EXPECT_TRUE(clocks_agree(samples, 230'000'000, 0.5)) << "on a machine that others saturate it waits long";
  EXPECT_FALSE(clocks_agree(samples, 197'000'000, 0.5)) << "more than what passed is never excused";
  EXPECT_FALSE(clocks_agree(std::vector<int64_t>{INT64_MAX, INT64_MAX}, 1'000'000));
}

}  // namespace
}  // namespace assay::measure
