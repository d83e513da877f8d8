#include "decide/summary.h"

#include <gtest/gtest.h>

#include "decide/ranking.h"

namespace assay::decide {
namespace {

// An entry whose every step takes `ms`, but for a disturbance that hits all contestants of a round alike.
record::ContestantResult entry(std::string framework, double ms, int rounds,
                               record::Verdict verdict = record::Verdict::exact) {
  record::ContestantResult result;
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
  const std::vector<record::ContestantResult> cell = {entry("a", 100, 12), entry("b", 110, 12)};
  const auto summaries = summarise(cell, std::nullopt);
  EXPECT_NEAR(summaries[1].ratio->median, 1.10, 1e-6);
  EXPECT_LT(summaries[1].ratio->interval->high - summaries[1].ratio->interval->low, 1e-4)
      << "the 40 % drift is common to both";
  EXPECT_EQ(summaries[1].ratio_to, "a/v@cpu");
  EXPECT_EQ(summaries[0].samples, 36);
  EXPECT_EQ(summaries[0].rounds, 12);
  EXPECT_GT(summaries[0].time_ms->interval->high, summaries[0].time_ms->interval->low);
}

TEST(Summary, FewerThanSixPairsGiveValuesButNoInterval) {
  const std::vector<record::ContestantResult> cell = {entry("a", 100, 5), entry("b", 110, 5)};
  const auto summaries = summarise(cell, std::nullopt);
  EXPECT_NEAR(summaries[1].ratio->median, 1.10, 1e-6);
  EXPECT_FALSE(summaries[1].ratio->interval);
  EXPECT_FALSE(summaries[1].time_ms->interval);
}

TEST(Summary, AWrongContestantIsNeitherBaselineNorRanked) {
  const std::vector<record::ContestantResult> cell = {entry("liar", 1, 8, record::Verdict::wrong),
                                                      entry("slow", 200, 8), entry("fast", 100, 8),
                                                      entry("absent", 1, 0)};
  const auto summaries = summarise(cell, std::nullopt);
  EXPECT_EQ(summaries[2].ratio_to, "slow/v@cpu");
  EXPECT_EQ(ranking(summaries), (std::vector<size_t>{2, 1, 0, 3}));
  EXPECT_FALSE(is_ranked(summaries[0]));
  EXPECT_FALSE(summaries[3].time_ms);
}

// A quick answer in a shorter type is no answer to the question which framework is fastest in float32.
TEST(Summary, ClassesShareNeitherBaselineNorFastest) {
  using record::Verdict;
  const std::vector<record::ContestantResult> cell = {
      entry("bf16", 10, 12, Verdict::reduced), entry("a", 100, 12), entry("tf32", 20, 12, Verdict::reduced),
      entry("b", 110, 12), entry("winograd", 50, 12, Verdict::f32_fast)};
  auto summaries = summarise(cell, 0.03);
  EXPECT_EQ(summaries[0].ratio_to, "bf16/v@cpu");
  EXPECT_EQ(summaries[2].ratio_to, "bf16/v@cpu");
  EXPECT_EQ(summaries[1].ratio_to, "a/v@cpu");
  EXPECT_EQ(summaries[3].ratio_to, "a/v@cpu");
  EXPECT_EQ(summaries[4].ratio_to, "winograd/v@cpu");
  EXPECT_TRUE(summaries[0].place.fastest && summaries[1].place.fastest) << "each is the fastest of its class";
  for (const size_t i : {2U, 3U, 4U}) EXPECT_FALSE(summaries[i].place.fastest) << i;
  summaries = summarise(cell, 0.03, "b");
  EXPECT_EQ(summaries[1].ratio_to, "b/v@cpu");
  EXPECT_EQ(summaries[2].ratio_to, "bf16/v@cpu") << "who was asked for is of another class";
}

TEST(Summary, WhatFailedOrWasNotCheckedIsNeitherComparedNorBaseline) {
  std::vector<record::ContestantResult> cell = {entry("failed", 10, 12), entry("a", 100, 12),
                                                entry("b", 110, 12),
                                                entry("unchecked", 5, 12, record::Verdict::unchecked)};
  auto summaries = summarise(cell, 0.03);
  ASSERT_TRUE(summaries[0].place.fastest);
  cell[0].outcome = record::Outcome::failed;
  cell[0].failure = record::Failure{};
  summaries = summarise(cell, 0.03, "failed");
  EXPECT_EQ(summaries[2].ratio_to, "a/v@cpu");
  EXPECT_TRUE(summaries[1].place.fastest);
  for (const size_t none : {0U, 3U}) {
    EXPECT_TRUE(summaries[none].time_ms) << "what was measured is shown";
    EXPECT_FALSE(summaries[none].ratio || summaries[none].place.number || summaries[none].reached_target);
    EXPECT_EQ(summaries[none].ratio_to, std::nullopt);
  }
}

TEST(Summary, TheBaselineThatWasAskedForIsTakenHoweverFewItsRounds) {
  const std::vector<record::ContestantResult> cell = {entry("a", 100, 30), entry("early", 110, 8),
                                                      entry("b", 120, 30)};
  auto summaries = summarise(cell, std::nullopt, "early");
  EXPECT_EQ(summaries[2].ratio_to, "early/v@cpu");
  EXPECT_NEAR(summaries[2].ratio->median, 120 / 110.0, 1e-6);
  EXPECT_EQ(summaries[2].pairs, 8);
  summaries = summarise(cell, std::nullopt, "absent");
  EXPECT_EQ(summaries[2].ratio_to, "a/v@cpu");
}

TEST(Summary, WhoWasAskedForComesFirstInEveryCellAndTheOthersKeepTheirOrder) {
  record::Run run;
  run.results = {entry("a", 100, 8), entry("b", 50, 8), entry("c", 70, 8), entry("a", 60, 8)};
  run.results[3].cell.workload = "latency";
  const auto cells = summarise(run, "c");
  std::string order;
  for (const auto& cell : cells)
    for (const Summary& summary : cell) order += summary.result->contestant.framework;
  EXPECT_EQ(order, "caba") << "it has no place in the second cell";
}

TEST(Summary, CellsOfARunHaveTheirOwnBaseline) {
  record::Run run;
  run.results = {entry("a", 100, 8), entry("b", 50, 8)};
  run.results[1].cell.workload = "latency";
  const auto cells = summarise(run);
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0][0].ratio_to, "a/v@cpu");
  EXPECT_EQ(cells[1][0].ratio_to, "b/v@cpu");
}

TEST(Summary, FastestNeedsEveryComparison) {
  const std::vector<record::ContestantResult> cell = {entry("a", 100, 12), entry("b", 110, 12),
                                                      entry("c", 130, 12)};
  const auto summaries = summarise(cell, 0.03);
  EXPECT_TRUE(summaries[0].place.fastest);
  EXPECT_FALSE(summaries[1].place.fastest);
  EXPECT_EQ(summaries[1].comparison, stats::Comparison::slower);
  EXPECT_EQ(summaries[1].pairs, 12);
  EXPECT_EQ(summaries[1].blocks, 3);
  std::vector<record::ContestantResult> tied = {entry("a", 100, 12), entry("b", 100, 12),
                                                entry("c", 130, 12)};
  const auto ties = summarise(tied, 0.03);
  for (const auto& one : ties) EXPECT_FALSE(one.place.fastest);
  EXPECT_TRUE(ties[0].place.shared && ties[1].place.shared && ties[0].place.number == 1);
  EXPECT_EQ(ties[2].place.number, 3) << "it is told apart from both";
  EXPECT_EQ(ties[1].comparison, stats::Comparison::equal);
  std::vector<record::ContestantResult> few = {entry("a", 100, 12), entry("b", 200, 5)};
  const auto too_few = summarise(few, 0.03);
  EXPECT_FALSE(too_few[0].place.fastest) << "five pairs of twice the time give no verdict";
  EXPECT_EQ(too_few[1].comparison, stats::Comparison::too_few_rounds);
  few[1] = entry("b", 2000, 5);
  EXPECT_TRUE(summarise(few, 0.03)[0].place.fastest) << "twenty times do";
}

// Every block on a level of its own.
record::ContestantResult jumping(std::string framework) {
  record::ContestantResult result = entry(std::move(framework), 100, 12);
  for (auto& visit : result.visits)
    for (auto& sample : visit.samples_ns) sample = sample * (10 + visit.block) / 10;
  return result;
}

TEST(Summary, WhatMissesTheTargetSaysWhatWasReachedAndWhy) {
  const std::vector<record::ContestantResult> cell = {entry("a", 100, 12), entry("b", 110, 12), jumping("c")};
  const auto summaries = summarise(cell, 0.03);
  EXPECT_FALSE(summaries[0].reached_target) << "the baseline is what the others are compared with";
  EXPECT_EQ(summaries[1].reached_target, true);
  EXPECT_FALSE(summaries[1].why_wide);
  EXPECT_EQ(summaries[2].reached_target, false);
  EXPECT_NE(summaries[2].why_wide->find("launches differ by"), std::string::npos) << *summaries[2].why_wide;
  EXPECT_NE(summaries[2].why_wide->find("12 rounds in 3 blocks"), std::string::npos)
      << *summaries[2].why_wide;
}

TEST(Summary, ALoneContestantReachesTheTargetByItsOwnTime) {
  const std::vector<record::ContestantResult> cell = {jumping("a")};
  const auto summaries = summarise(cell, 0.03);
  EXPECT_EQ(summaries[0].reached_target, false);
  EXPECT_GT(summaries[0].half_width, 0.03);
}

TEST(Summary, DisturbedRoundsAreCountedAndLeftOut) {
  std::vector<record::ContestantResult> cell = {entry("a", 100, 12), entry("b", 110, 12)};
  for (const size_t i : {1U, 5U}) {
    cell[1].visits[i].samples_ns.assign(3, 900'000'000);
    cell[1].visits[i].surroundings.steal = 0.2;
  }
  const auto summaries = summarise(cell, 0.03);
  EXPECT_EQ(summaries[1].disturbed, 2);
  EXPECT_EQ(summaries[1].pairs, 10);
  EXPECT_EQ(summaries[1].rounds, 12);
  EXPECT_NEAR(summaries[1].ratio->interval->high, 1.10, 1e-3);
}

TEST(Summary, TheBaselineIsOneThatTheOthersCanBePairedWith) {
  const std::vector<record::ContestantResult> cell = {entry("slow", 9000, 2), entry("a", 100, 12),
                                                      entry("b", 110, 12)};
  const auto summaries = summarise(cell, 0.03);
  EXPECT_EQ(summaries[2].ratio_to, "a/v@cpu");
}

TEST(Summary, HighPercentilesNeedTheirSamples) {
  const std::vector<record::ContestantResult> cell = {entry("a", 100, 22)};
  const auto summaries = summarise(cell, std::nullopt);
  EXPECT_TRUE(summaries[0].percentiles_ms.p50);
  EXPECT_TRUE(summaries[0].percentiles_ms.p90) << "66 samples";
  EXPECT_FALSE(summaries[0].percentiles_ms.p95);
}

}  // namespace
}  // namespace assay::decide
