#include "decide/summary.h"

#include <gtest/gtest.h>

#include <cmath>

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
          static_cast<int64_t>(ms * 1e6 * (1 + 0.1 * (round % 4)) * (1 + 0.001 * step)));
    result.visits.push_back(visit);
  }
  return result;
}

TEST(Summary, PairsRoundsSoThatCommonDriftCancels) {
  std::vector<record::Entry> cell = {entry("a", 100, 12), entry("b", 110, 12)};
  summarise(cell, 1);
  EXPECT_NEAR(cell[1].ratio->median, 1.10, 1e-6);
  EXPECT_LT(cell[1].ratio->high - cell[1].ratio->low, 1e-4) << "the 30 % drift is common to both";
  EXPECT_EQ(cell[1].ratio_to, "a/v@cpu");
  EXPECT_EQ(cell[0].samples, 36);
  EXPECT_EQ(cell[0].rounds, 12);
  EXPECT_GT(cell[0].time_ms->high, cell[0].time_ms->low);
}

TEST(Summary, FewerThanSixPairsGiveValuesButNoInterval) {
  std::vector<record::Entry> cell = {entry("a", 100, 5), entry("b", 110, 5)};
  summarise(cell, 1);
  EXPECT_NEAR(cell[1].ratio->median, 1.10, 1e-6);
  EXPECT_TRUE(std::isnan(cell[1].ratio->low));
  EXPECT_TRUE(std::isnan(cell[1].time_ms->high));
}

TEST(Summary, AWrongContestantIsNeitherBaselineNorRanked) {
  std::vector<record::Entry> cell = {entry("liar", 1, 8, record::Verdict::wrong), entry("slow", 200, 8),
                                     entry("fast", 100, 8), entry("absent", 1, 0)};
  summarise(cell, 1);
  EXPECT_EQ(cell[2].ratio_to, "slow/v@cpu");
  EXPECT_EQ(ranking(cell), (std::vector<size_t>{2, 1, 0, 3}));
  EXPECT_FALSE(counts(cell[0]));
  EXPECT_FALSE(cell[3].time_ms);
}

TEST(Summary, CellsOfARunHaveTheirOwnBaseline) {
  record::Run run;
  run.entries = {entry("a", 100, 8), entry("b", 50, 8)};
  run.entries[1].cell.workload = "latency";
  summarise(run);
  EXPECT_EQ(run.entries[0].ratio_to, "a/v@cpu");
  EXPECT_EQ(run.entries[1].ratio_to, "b/v@cpu");
}

}  // namespace
}  // namespace assay::decide
