#include "decide/across.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

// Rounds scatter by some percent, in a way of its own for each `salt`.
record::ContestantResult timed(std::string framework, double ms, int salt = 0, int rounds = 12) {
  record::ContestantResult result;
  result.contestant = {std::move(framework), "v", "cpu", "1"};
  result.cell = {"m", "full", "inference", "f32"};
  result.accuracy.verdict = record::Verdict::exact;
  result.provenance = record::Provenance{"graph", "weights", "runner"};
  for (int round = 0; round < rounds; ++round) {
    const double off = 0.01 * ((round * 7 + salt * 5) % 11 - 5) / 5.0;
    result.visits.push_back(
        {.block = round % 3, .round = round, .samples_ns = {static_cast<int64_t>(ms * 1e6 * (1 + off))}});
  }
  return result;
}

record::Run run_of(std::string id, std::vector<record::ContestantResult> results) {
  record::Run run;
  run.id = std::move(id);
  run.threads = 2;
  run.host.name = "here";
  run.results = std::move(results);
  return run;
}

std::optional<Across> between(const record::Run& one, size_t i, const record::Run& other, size_t j) {
  return compare_across({&one.results[i], &one}, {&other.results[j], &other});
}

TEST(Across, OfOneRunRoundsArePaired) {
  const auto run = run_of("1", {timed("a", 100), timed("b", 110)});
  const auto ratio = between(run, 1, run, 0);
  ASSERT_TRUE(ratio);
  EXPECT_EQ(ratio->pairing, Pairing::rounds);
  EXPECT_NEAR(ratio->ratio.median, 1.1, 1e-6);
}

// The whole second run is 30 % slower: the control shows it.
TEST(Across, OfTwoRunsTheContestantThatBothHaveIsTheControl) {
  const auto before = run_of("1", {timed("x", 100, 1), timed("control", 50, 2)});
  const auto after = run_of("2", {timed("x", 130, 3), timed("control", 65, 4)});
  const auto ratio = between(after, 0, before, 0);
  ASSERT_TRUE(ratio);
  EXPECT_EQ(ratio->pairing, Pairing::control);
  EXPECT_EQ(ratio->control, "control/v@cpu");
  EXPECT_NEAR(ratio->ratio.median, 1, 0.01);
  EXPECT_NE(stats::verdict(ratio->ratio), stats::Comparison::slower);
}

TEST(Across, WhatChangedIsNoControl) {
  const auto before = run_of("1", {timed("x", 100, 1), timed("control", 50, 2)});
  for (const int change : {0, 1, 2, 3}) {
    auto after = run_of("2", {timed("x", 130, 3), timed("control", 65, 4)});
    record::ContestantResult& control = after.results[1];
    if (change == 0) control.contestant.version = "2";
    if (change == 1) control.provenance->runner_key = "another";
    if (change == 2) control.accuracy.verdict = record::Verdict::wrong;
    if (change == 3) control.provenance.reset();
    const auto ratio = between(after, 0, before, 0);
    ASSERT_TRUE(ratio) << change;
    EXPECT_EQ(ratio->pairing, Pairing::times) << change;
    EXPECT_NEAR(ratio->ratio.median, 1.3, 0.01) << change;
  }
}

TEST(Across, TheControlWithMostRoundsCounts) {
  const auto before = run_of("1", {timed("x", 100, 1), timed("few", 50, 2, 7), timed("many", 50, 3)});
  const auto after = run_of("2", {timed("x", 100, 4), timed("few", 50, 5, 7), timed("many", 50, 6)});
  EXPECT_EQ(between(after, 0, before, 0)->control, "many/v@cpu");
}

TEST(Across, OfTwoMachinesOrThreadsTheTimesAreCompared) {
  const auto here = run_of("1", {timed("x", 100), timed("control", 50)});
  auto other = run_of("2", {timed("x", 200), timed("control", 50)});
  other.host.name = "elsewhere";
  EXPECT_EQ(between(other, 0, here, 0)->pairing, Pairing::times);
  EXPECT_NEAR(between(other, 0, here, 0)->ratio.median, 2, 0.01);
  other.host.name = "here";
  other.threads = 4;
  EXPECT_EQ(between(other, 0, here, 0)->pairing, Pairing::times);
}

TEST(Across, WhatCannotBeCompared) {
  const auto here = run_of("1", {timed("a", 100)});
  auto cell = run_of("2", {timed("a", 100)});
  cell.results[0].cell.workload = "latency";
  EXPECT_FALSE(between(here, 0, cell, 0));
  const auto untimed = run_of("2", {timed("a", 100, 0, 0)});
  EXPECT_FALSE(between(here, 0, untimed, 0));
}

}  // namespace
}  // namespace assay::decide
