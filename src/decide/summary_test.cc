#include "decide/summary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "decide/ranking.h"

namespace assay::decide {
namespace {

// An entry whose every step takes `ms`, but for a disturbance that hits all contestants of a round alike.
record::Entry entry(std::string framework, double ms, int rounds,
                    record::Verdict verdict = record::Verdict::exact) {
  record::Entry result;
  result.contestant = {std::move(framework), "v", "cpu", "1"};
  result.cell = {"m", "tiny", "inference", "f32"};
  result.accuracy.verdict = verdict;
  for (int round = 0; round < rounds; ++round) {
    record::Visit visit;
    visit.block = round % 3;
    visit.round = round;
    for (int step = 0; step < 3; ++step)
      visit.samples_ns.push_back(
          static_cast<int64_t>(ms * 1e6 * (1 + 0.1 * (round % 5)) * (1 + 0.001 * step)));
    result.visits.push_back(visit);
  }
  return result;
}

TEST(Summary, PairsRoundsSoThatCommonDriftCancels) {
  std::vector<record::Entry> cell = {entry("a", 100, 12), entry("b", 110, 12)};
  summarise(cell, std::nullopt);
  EXPECT_NEAR(cell[1].ratio->median, 1.10, 1e-6);
  EXPECT_LT(cell[1].ratio->high - cell[1].ratio->low, 1e-4) << "the 40 % drift is common to both";
  EXPECT_EQ(cell[1].ratio_to, "a/v@cpu");
  EXPECT_EQ(cell[0].samples, 36);
  EXPECT_EQ(cell[0].rounds, 12);
  EXPECT_GT(cell[0].time_ms->high, cell[0].time_ms->low);
}

TEST(Summary, FewerThanSixPairsGiveValuesButNoInterval) {
  std::vector<record::Entry> cell = {entry("a", 100, 5), entry("b", 110, 5)};
  summarise(cell, std::nullopt);
  EXPECT_NEAR(cell[1].ratio->median, 1.10, 1e-6);
  EXPECT_TRUE(std::isnan(cell[1].ratio->low));
  EXPECT_TRUE(std::isnan(cell[1].time_ms->high));
}

TEST(Summary, AWrongContestantIsNeitherBaselineNorRanked) {
  std::vector<record::Entry> cell = {entry("liar", 1, 8, record::Verdict::wrong), entry("slow", 200, 8),
                                     entry("fast", 100, 8), entry("absent", 1, 0)};
  summarise(cell, std::nullopt);
  EXPECT_EQ(cell[2].ratio_to, "slow/v@cpu");
  EXPECT_EQ(ranking(cell), (std::vector<size_t>{2, 1, 0, 3}));
  EXPECT_FALSE(counts(cell[0]));
  EXPECT_FALSE(cell[3].time_ms);
}

// A quick answer in a shorter type is no answer to the question which framework is fastest in float32.
TEST(Summary, ClassesShareNeitherBaselineNorFastest) {
  using record::Verdict;
  std::vector<record::Entry> cell = {entry("bf16", 10, 12, Verdict::reduced), entry("a", 100, 12),
                                     entry("tf32", 20, 12, Verdict::reduced), entry("b", 110, 12),
                                     entry("winograd", 50, 12, Verdict::f32_fast)};
  summarise(cell, 0.03);
  EXPECT_EQ(cell[0].ratio_to, "bf16/v@cpu");
  EXPECT_EQ(cell[2].ratio_to, "bf16/v@cpu");
  EXPECT_EQ(cell[1].ratio_to, "a/v@cpu");
  EXPECT_EQ(cell[3].ratio_to, "a/v@cpu");
  EXPECT_EQ(cell[4].ratio_to, "winograd/v@cpu");
  EXPECT_TRUE(cell[0].fastest && cell[1].fastest) << "each is the fastest of its class";
  EXPECT_FALSE(cell[2].fastest || cell[3].fastest || cell[4].fastest);
  summarise(cell, 0.03, "b");
  EXPECT_EQ(cell[1].ratio_to, "b/v@cpu");
  EXPECT_EQ(cell[2].ratio_to, "bf16/v@cpu") << "who was asked for is of another class";
}

TEST(Summary, WhatFailedOrWasNotCheckedIsNeitherComparedNorBaseline) {
  std::vector<record::Entry> cell = {entry("failed", 10, 12), entry("a", 100, 12), entry("b", 110, 12),
                                     entry("unchecked", 5, 12, record::Verdict::unchecked)};
  summarise(cell, 0.03);
  ASSERT_TRUE(cell[0].fastest);
  cell[0].outcome = record::Outcome::failed;
  cell[0].failure = record::Failure{};
  summarise(cell, 0.03, "failed");
  EXPECT_EQ(cell[2].ratio_to, "a/v@cpu");
  EXPECT_TRUE(cell[1].fastest);
  for (const size_t none : {0U, 3U}) {
    EXPECT_TRUE(cell[none].time_ms) << "what was measured is shown";
    EXPECT_FALSE(cell[none].ratio || cell[none].fastest || cell[none].may_be_fastest || cell[none].settled);
    EXPECT_EQ(cell[none].ratio_to, "");
  }
}

TEST(Summary, TheBaselineThatWasAskedForIsTakenHoweverFewItsRounds) {
  std::vector<record::Entry> cell = {entry("a", 100, 30), entry("early", 110, 8), entry("b", 120, 30)};
  summarise(cell, std::nullopt, "early");
  EXPECT_EQ(cell[2].ratio_to, "early/v@cpu");
  EXPECT_NEAR(cell[2].ratio->median, 120 / 110.0, 1e-6);
  EXPECT_EQ(cell[2].pairs, 8);
  summarise(cell, std::nullopt, "absent");
  EXPECT_EQ(cell[2].ratio_to, "a/v@cpu");
}

TEST(Summary, CellsOfARunHaveTheirOwnBaseline) {
  record::Run run;
  run.entries = {entry("a", 100, 8), entry("b", 50, 8)};
  run.entries[1].cell.workload = "latency";
  summarise(run);
  EXPECT_EQ(run.entries[0].ratio_to, "a/v@cpu");
  EXPECT_EQ(run.entries[1].ratio_to, "b/v@cpu");
}

TEST(Summary, FastestNeedsEveryComparison) {
  std::vector<record::Entry> cell = {entry("a", 100, 12), entry("b", 110, 12), entry("c", 130, 12)};
  summarise(cell, 0.03);
  EXPECT_TRUE(cell[0].fastest);
  EXPECT_FALSE(cell[1].fastest);
  EXPECT_EQ(cell[1].comparison, record::Comparison::slower);
  EXPECT_EQ(cell[1].pairs, 12);
  EXPECT_EQ(cell[1].blocks, 3);
  std::vector<record::Entry> tied = {entry("a", 100, 12), entry("b", 100, 12), entry("c", 130, 12)};
  summarise(tied, 0.03);
  for (const auto& one : tied) EXPECT_FALSE(one.fastest);
  EXPECT_TRUE(tied[0].may_be_fastest && tied[1].may_be_fastest);
  EXPECT_FALSE(tied[2].may_be_fastest) << "it is told apart from the leader";
  EXPECT_EQ(tied[1].comparison, record::Comparison::tie);
  std::vector<record::Entry> few = {entry("a", 100, 12), entry("b", 200, 5)};
  summarise(few, 0.03);
  EXPECT_FALSE(few[0].fastest) << "five pairs give no verdict, however far apart";
  EXPECT_EQ(few[1].comparison, record::Comparison::none);
}

// Every block on a level of its own.
record::Entry jumping(std::string framework) {
  record::Entry result = entry(std::move(framework), 100, 12);
  for (auto& visit : result.visits)
    for (auto& sample : visit.samples_ns) sample = sample * (10 + visit.block) / 10;
  return result;
}

TEST(Summary, WhatIsNotSettledSaysWhatWasReachedAndWhy) {
  std::vector<record::Entry> cell = {entry("a", 100, 12), entry("b", 110, 12), jumping("c")};
  summarise(cell, 0.03);
  EXPECT_FALSE(cell[0].settled) << "the baseline is what the others are compared with";
  EXPECT_EQ(cell[1].settled, true);
  EXPECT_TRUE(cell[1].why_wide.empty());
  EXPECT_EQ(cell[2].settled, false);
  EXPECT_NE(cell[2].why_wide.find("launches differ by"), std::string::npos) << cell[2].why_wide;
  EXPECT_NE(cell[2].why_wide.find("12 rounds in 3 blocks"), std::string::npos) << cell[2].why_wide;
  summarise(cell, std::nullopt);
}

TEST(Summary, ALoneContestantIsSettledByItsOwnTime) {
  std::vector<record::Entry> cell = {jumping("a")};
  summarise(cell, 0.03);
  EXPECT_EQ(cell[0].settled, false);
  EXPECT_GT(cell[0].half_width, 0.03);
}

TEST(Summary, DisturbedRoundsAreCountedAndLeftOut) {
  std::vector<record::Entry> cell = {entry("a", 100, 12), entry("b", 110, 12)};
  for (const size_t i : {1U, 5U}) {
    cell[1].visits[i].samples_ns.assign(3, 900'000'000);
    cell[1].visits[i].surroundings.steal = 0.2;
  }
  summarise(cell, 0.03);
  EXPECT_EQ(cell[1].disturbed, 2);
  EXPECT_EQ(cell[1].pairs, 10);
  EXPECT_EQ(cell[1].rounds, 12);
  EXPECT_NEAR(cell[1].ratio->high, 1.10, 1e-3);
}

TEST(Summary, TheBaselineIsOneThatTheOthersCanBePairedWith) {
  std::vector<record::Entry> cell = {entry("slow", 9000, 2), entry("a", 100, 12), entry("b", 110, 12)};
  summarise(cell, 0.03);
  EXPECT_EQ(cell[2].ratio_to, "a/v@cpu");
}

TEST(Summary, HighPercentilesNeedTheirSamples) {
  std::vector<record::Entry> cell = {entry("a", 100, 22)};
  summarise(cell, std::nullopt);
  EXPECT_TRUE(cell[0].percentiles_ms.p50);
  EXPECT_TRUE(cell[0].percentiles_ms.p90) << "66 samples";
  EXPECT_FALSE(cell[0].percentiles_ms.p95);
}

}  // namespace
}  // namespace assay::decide
