#include "decide/change.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

record::ContestantResult timed(double ms) {
  record::ContestantResult result;
  result.contestant = {"x", "v", "cpu", "1"};
  result.cell = {"m", "full", "inference", "f32"};
  result.accuracy = {record::Verdict::exact, 1e-7, 1e-7, 1, "logits", ""};
  result.launch = record::Launch{.cold_s = 1, .peak_bytes = 500'000'000, .footprint_bytes = 100'000'000};
  for (int round = 0; round < 12; ++round)
    result.visits.push_back(
        {.block = round % 3, .round = round, .samples_ns = {static_cast<int64_t>(ms * 1e6)}});
  for (int block = 0; block < 6; ++block) result.warm_starts.push_back({.block = block, .total_s = 2});
  return result;
}

// What became worse from a step of 100 ms to `after`.
std::vector<std::string> worse(const record::ContestantResult& after,
                               const record::ContestantResult& before = timed(100)) {
  record::Run first, second;
  first.id = "1";
  second.id = "2";
  return losses(change_of({&before, &first}, {&after, &second}), {});
}

TEST(Losses, NothingIsLostByWhatStaysOrImproves) {
  EXPECT_TRUE(worse(timed(100)).empty());
  EXPECT_TRUE(worse(timed(20)).empty());
}

TEST(Losses, AStepMustBeSlowerByMoreThanRunsDiffer) {
  EXPECT_TRUE(worse(timed(108)).empty()) << "two runs with nothing in common differ by that";
  ASSERT_EQ(worse(timed(200)).size(), 1U);
  EXPECT_EQ(worse(timed(200))[0].find("a step is 100.0 % slower ["), 0U);
}

TEST(Losses, MemorySizeStartErrorAndClassCount) {
  auto after = timed(100);
  after.launch->peak_bytes = 520'000'000;
  EXPECT_TRUE(worse(after).empty()) << "four percent";
  after.launch->peak_bytes = 600'000'000;
  EXPECT_EQ(worse(after), std::vector<std::string>{"20.0 % more memory"});
  after = timed(100);
  after.launch->footprint_bytes = 110'000'000;
  EXPECT_EQ(worse(after), std::vector<std::string>{"10.0 % more on the disk"});
  after = timed(100);
  for (auto& start : after.warm_starts) start.total_s = 4;
  EXPECT_EQ(worse(after).at(0).find("start is 100.0 % slower"), 0U);
  after = timed(100);
  after.accuracy.rel_l2 = 3e-7;
  EXPECT_EQ(worse(after), std::vector<std::string>{"an error 3.0 times as large"});
  after = timed(100);
  after.accuracy.verdict = record::Verdict::f32_fast;
  EXPECT_EQ(worse(after), std::vector<std::string>{"f32-fast where it was exact"});
}

TEST(Losses, AFailureIsOneWhereThereWasNone) {
  auto failed = timed(100);
  failed.outcome = record::Outcome::crashed;
  failed.failure = record::Failure{.outcome = record::Outcome::crashed};
  EXPECT_EQ(worse(failed), std::vector<std::string>{"crashed now"});
  EXPECT_TRUE(worse(failed, failed).empty());
  EXPECT_TRUE(worse(timed(100), failed).empty());
}

}  // namespace
}  // namespace assay::decide
