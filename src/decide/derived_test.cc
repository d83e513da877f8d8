#include "decide/derived.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::decide {
namespace {

TEST(Derived, RatesAreOfTheMedianStep) {
  std::vector<record::ContestantResult> results(1);
  Summary entry{.result = &results[0], .time_ms = Figure{200, stats::Bounds{190, 210}}};
  results[0].limit.emplace(
      record::StepLimit{.flops = 4e10, .least_flops = 1e10, .items = 128, .item = "tokens"});
  EXPECT_DOUBLE_EQ(*derived(entry).flop_per_s, 2e11);
  EXPECT_DOUBLE_EQ(*derived(entry).items_per_s, 640);
  EXPECT_FALSE(derived(entry).joules_per_step) << "no counter, no figure";
  entry.time_ms.reset();
  EXPECT_FALSE(derived(entry).items_per_s);
}

TEST(Derived, EnergyIsThatOfAStepInTheMiddleVisit) {
  record::ContestantResult entry;
  for (const double joules : {40.0, 8.0, 12.0}) {
    record::Visit visit;
    visit.samples_ns.assign(4, 1);
    visit.surroundings.energy_j = joules;
    entry.visits.push_back(visit);
  }
  entry.visits.emplace_back();  // one that the counter does not know
  EXPECT_DOUBLE_EQ(*derived({.result = &entry}).joules_per_step, 3);
}

TEST(Derived, TheWarmStartIsOneThatHappened) {
  record::ContestantResult entry;
  EXPECT_FALSE(warm_start(entry));
  entry.warm_starts = {{0, 9, 5, 3, 1}, {1, 3, 1, 1, 1}, {2, 4, 2, 1, 1}, {3, 5, 2, 2, 1}};
  EXPECT_EQ(warm_start(entry)->block, 2);
  EXPECT_EQ(warm_start(entry)->import_s, 2);
}

}  // namespace
}  // namespace assay::decide
