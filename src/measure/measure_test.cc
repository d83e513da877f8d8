#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "measure/measure_fixture.h"

namespace assay::measure {
namespace {

TEST_F(Measure, EveryoneIsVisitedOnceARoundAndAlone) {
  EXPECT_EQ(run({{.name = "a"}, {.name = "b"}, {.name = "c", .step_ms = 400}}), Ended::complete);
  EXPECT_EQ(recorded_.rounds, 7);
  EXPECT_EQ(recorded_.blocks, 3);
  EXPECT_EQ(log_.most_running, 1);
  EXPECT_EQ(log_.running, 0);
  std::set<int> positions;
  for (size_t who = 0; who < 3; ++who) {
    ASSERT_EQ(recorded_.visits[who].size(), 7u);
    std::set<std::pair<int, int>> rounds;
    for (const auto& visit : recorded_.visits[who]) {
      rounds.insert({visit.block, visit.round});
      EXPECT_EQ(visit.sets, who == 2 ? 4 : 11);
      EXPECT_LE(visit.samples_ns.size(), static_cast<size_t>(visit.sets))
          << "fewer where a question ended it";
      EXPECT_EQ(visit.requests.size(), visit.samples_ns.size()) << "steps of 100 ms come alone";
      EXPECT_EQ(visit.surroundings.threads, 3);
      if (who == 0) positions.insert(visit.position);
    }
    EXPECT_EQ(rounds.size(), 7u);
  }
  EXPECT_GT(positions.size(), 1u) << "the order is not shuffled";
}

TEST_F(Measure, TheSameSeedGivesTheSameOrder) {
  run({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  const auto first = log_.lines;
  log_.lines.clear();
  run({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  EXPECT_EQ(first, log_.lines);
  log_.lines.clear();
  plan_.seed = 12;
  run({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  EXPECT_NE(first, log_.lines);
}

TEST_F(Measure, AContestantThatDiesIsOutAndTheOthersGoOn) {
  plan_.rounds = 18;
  EXPECT_EQ(run({{.name = "a"}, {.name = "b", .dies_after_steps = 30}}), Ended::complete);
  EXPECT_EQ(recorded_.failures[1].outcome, record::Outcome::crashed);
  EXPECT_EQ(recorded_.visits[0].size(), 18u);
  EXPECT_FALSE(recorded_.visits[1].empty());
  EXPECT_LT(recorded_.visits[1].size(), 18u);
  EXPECT_EQ(recorded_.answers[0].size(), 6u);
}

TEST_F(Measure, WhoIsFoundWrongIsMeasuredNoFurther) {
  recorded_.wrong = {0};
  EXPECT_EQ(run({{.name = "wrong"}, {.name = "b"}}), Ended::complete);
  EXPECT_EQ(recorded_.visits[0].size(), 3U) << "those of the first of three blocks";
  EXPECT_EQ(recorded_.visits[1].size(), 7U);
  EXPECT_TRUE(recorded_.failures.empty());
}

TEST_F(Measure, ALyingClockFails) {
  run({{.name = "a"}, {.name = "b", .claimed_share = 0.5, .lies_from_steps = 25}});
  EXPECT_EQ(recorded_.failures[1].outcome, record::Outcome::failed);
  EXPECT_EQ(recorded_.failures[1].message.substr(0, 6), "clock:");
  EXPECT_EQ(recorded_.failures.count(0), 0u);
}

TEST_F(Measure, OneThatNeverGetsSteadyIsUnsteady) {
  plan_.warm_up_limit_s = 0;
  run({{.name = "a"}, {.name = "b", .grows_by = 0.2}});
  EXPECT_EQ(recorded_.failures[1].outcome, record::Outcome::unsteady);
  EXPECT_TRUE(recorded_.visits[1].empty());
}

TEST_F(Measure, StopEndsWithWhatThereIs) {
  std::atomic<bool> stop = false;
  plan_.stop = recorded_.stop = &stop;
  recorded_.stop_after_visits = 5;
  EXPECT_EQ(run({{.name = "a"}, {.name = "b"}}), Ended::stopped);
  EXPECT_EQ(recorded_.visits[0].size() + recorded_.visits[1].size(), 5u);
  EXPECT_TRUE(recorded_.failures.empty());
  EXPECT_EQ(log_.running, 0);
}

TEST_F(Measure, ABudgetShortensEveryBlock) {
  plan_.budget_s = 0.9;
  plan_.rounds = 3000;
  plan_.visit_s = 0.01;
  EXPECT_EQ(run({{.name = "a", .step_ms = 1, .sleeps = true}}), Ended::budget);
  std::set<int> blocks;
  for (const auto& visit : recorded_.visits[0]) blocks.insert(visit.block);
  EXPECT_GE(recorded_.visits[0].size(), 1u);
  EXPECT_LT(recorded_.visits[0].size(), 200u);
  EXPECT_GE(recorded_.answers[0].size(), blocks.size()) << "no launch goes unasked";
}

TEST_F(Measure, ABudgetOfNothingStillGivesOneRoundWithItsQuestion) {
  plan_.budget_s = 0;
  EXPECT_EQ(run({{.name = "a"}, {.name = "b"}}), Ended::budget);
  EXPECT_EQ(recorded_.rounds, 1);
  EXPECT_EQ(recorded_.answers[0].size(), 1U);
}

// Adaptive: no number of rounds is given.
class Adaptive : public Measure {
 protected:
  Adaptive() {
    plan_.rounds.reset();
    plan_.least_blocks = 5;
    plan_.snapshot = [this] { return snapshot(); };
  }
  // The machine as the test wants it: what processes wait for a CPU and what others use.
  host::Snapshot snapshot() {
    host::Snapshot taken;
    taken.taken_ns = snapshots_++ * 1'000'000'000;
    taken.cpu_waited_us = waited_us_;
    taken.cpu_ticks = taken.busy_ticks = taken.steal_ticks = 0;
    if (disturbs_-- > 0) waited_us_ = *taken.cpu_waited_us += 900'000;
    taken.busy_ticks = waited_us_ / 5'000;
    return taken;
  }
  std::set<int> blocks_of(size_t who) {
    std::set<int> blocks;
    for (const auto& visit : recorded_.visits[who]) blocks.insert(visit.block);
    return blocks;
  }

  int64_t snapshots_ = 0, waited_us_ = 0;
  int disturbs_ = 0;  // so many snapshots find that others were busy
};

TEST_F(Adaptive, TheLeastIsEnoughForCalmContestants) {
  EXPECT_EQ(run({{.name = "a"}, {.name = "b", .visit_scatter = 0.01}}), Ended::complete);
  EXPECT_EQ(blocks_of(0).size(), 5U);
  EXPECT_EQ(recorded_.visits[1].size(), 30U);
}

TEST_F(Adaptive, WhoIsNotSettledGoesOnWithTheBaselineAlone) {
  EXPECT_EQ(run({{.name = "a"}, {.name = "calm"}, {.name = "jumpy", .launch_scatter = 0.05}}),
            Ended::complete);
  EXPECT_EQ(blocks_of(1).size(), 5U);
  EXPECT_GT(blocks_of(2).size(), 8U);
  EXPECT_EQ(blocks_of(0), blocks_of(2)) << "every block has the baseline";
}

TEST_F(Adaptive, OneThatNeverSettlesEndsWithTheMostBlocks) {
  plan_.most_blocks = 7;
  EXPECT_EQ(run({{.name = "a"}, {.name = "b", .launch_scatter = 0.3}}), Ended::budget);
  EXPECT_EQ(blocks_of(1).size(), 7U);
}

TEST_F(Adaptive, ALoneContestantSettlesByItsOwnTime) {
  EXPECT_EQ(run({{.name = "a", .launch_scatter = 0.04}}), Ended::complete);
  EXPECT_GT(blocks_of(0).size(), 6U);
}

TEST_F(Adaptive, TheBudgetEndsIt) {
  plan_.budget_s = 0.5;
  plan_.visit_s = 0.01;
  EXPECT_EQ(
      run({{.name = "a", .step_ms = 1, .sleeps = true}, {.name = "b", .step_ms = 1, .launch_scatter = 0.5}}),
      Ended::budget);
  EXPECT_GE(recorded_.visits[1].size(), 1U);
}

TEST_F(Adaptive, AWiderTargetNeedsFewerBlocks) {
  run({{.name = "a"}, {.name = "b", .launch_scatter = 0.05}});
  const size_t narrow = blocks_of(1).size();
  recorded_ = {};
  log_ = {};
  plan_.target = 0.1;
  run({{.name = "a"}, {.name = "b", .launch_scatter = 0.05}});
  EXPECT_LT(blocks_of(1).size(), narrow);
}

TEST_F(Adaptive, DisturbedRoundsAreRepeatedAndKept) {
  disturbs_ = 4;  // those of one round of the first block, or of two
  EXPECT_EQ(run({{.name = "a"}, {.name = "b"}}), Ended::complete);
  const auto& visits = recorded_.visits[0];
  const auto of_first = std::ranges::count(visits, 0, &record::Visit::block);
  EXPECT_GE(of_first, 7);
  EXPECT_LE(of_first, 8);
  EXPECT_EQ(std::ranges::count(visits, 1, &record::Visit::block), 6);
}

TEST_F(Adaptive, RepeatsAreBounded) {
  disturbs_ = 100000;
  EXPECT_EQ(run({{.name = "a"}, {.name = "b"}}), Ended::complete);
  EXPECT_EQ(recorded_.visits[0].size(), 5U * (6 + 3));
}

TEST_F(Adaptive, ARunGoesOnFromEarlierBlocks) {
  run({{.name = "a"}, {.name = "b", .launch_scatter = 0.04}});
  const auto earlier = recorded_.visits;
  const int blocks = static_cast<int>(blocks_of(0).size());
  recorded_ = {};
  plan_.first_block = blocks;
  const auto a = simulated({.name = "a"}, log_), b = simulated({.name = "b"}, log_);
  const std::vector<LaunchedContestant> contestants = {
      {.launchable = &a, .home = plan_.folder, .earlier = &earlier.at(0)},
      {.launchable = &b, .home = plan_.folder, .earlier = &earlier.at(1)}};
  EXPECT_EQ(run_blocks(contestants, plan_, recorded_).value(), Ended::complete);
  EXPECT_TRUE(recorded_.visits.empty()) << "it had reached the target before";
}

TEST_F(Adaptive, AGroupThatGoesOnGetsAllItsLaunches) {
  plan_.memory_limit_bytes = 2;
  plan_.target = 0.5;  // reached at once
  run({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  auto earlier = recorded_.visits;
  for (auto& [who, visits] : earlier)  // interrupted after four of ten blocks
    std::erase_if(visits, [](const record::Visit& visit) { return visit.block >= 4; });
  recorded_ = {};
  log_.sets.clear();
  plan_.first_block = plan_.least_blocks;  // as many as each should have, but of both groups
  const auto a = simulated({.name = "a"}, log_), b = simulated({.name = "b"}, log_),
             c = simulated({.name = "c"}, log_);
  std::vector<LaunchedContestant> contestants;
  for (const auto* launchable : {&a, &b, &c})
    contestants.push_back({launchable, 1, plan_.folder, {}, &earlier.at(contestants.size())});
  EXPECT_EQ(run_blocks(contestants, plan_, recorded_).value(), Ended::complete);
  EXPECT_EQ(blocks_of(1).size(), 3U) << "five with the two of before";
  EXPECT_EQ(blocks_of(2).size(), 3U);
}

TEST_F(Adaptive, SlowContestantsDoNotMakeTheBudgetLonger) {
  plan_.budget_s = 4;
  plan_.visit_s = 0.05;
  plan_.target = 1e-9;
  const auto quick = simulated({.name = "quick", .step_ms = 1, .sleeps = true}, log_),
             slow = simulated({.name = "slow", .step_ms = 100, .sleeps = true}, log_);
  const std::vector<LaunchedContestant> contestants = {
      {.launchable = &quick, .home = plan_.folder, .step_s = 0.001},
      {.launchable = &slow, .home = plan_.folder, .step_s = 0.1}};
  const int64_t begun_ns = now_ns();
  EXPECT_EQ(run_blocks(contestants, plan_, recorded_).value(), Ended::budget);
  ASSERT_FALSE(recorded_.visits[1].empty());
  const double begins_s = static_cast<double>(recorded_.visits[1].front().started_ns - begun_ns) * 1e-9;
  EXPECT_LT(begins_s, 3.8) << "half of the budget is its share";
}

TEST_F(Measure, NothingComesBetweenTheStepToWakeAndTheTimedOnes) {
  std::vector<size_t> snapshots;  // after so many things that the contestant did
  plan_.snapshot = [&] {
    snapshots.push_back(log_.lines.size());
    return host::Snapshot();
  };
  run({{.name = "a"}});
  size_t steps = 0;  // the most between two of them
  for (size_t i = 1; i < snapshots.size(); ++i) steps = std::max(steps, snapshots[i] - snapshots[i - 1]);
  EXPECT_EQ(steps, 11U) << "ten of 100 ms, each a request, and one to wake";
}

TEST_F(Measure, AnObserverCanEndIt) {
  recorded_.ends_after_visits = 3;
  EXPECT_EQ(run({{.name = "a"}, {.name = "b"}}), Ended::stopped);
  EXPECT_EQ(recorded_.visits[0].size() + recorded_.visits[1].size(), 3U);
}

TEST_F(Adaptive, ASlowContestantComesLastWithTheBaseline) {
  plan_.budget_s = 60;
  const auto a = simulated({.name = "a"}, log_), b = simulated({.name = "b"}, log_),
             slow = simulated({.name = "slow", .step_ms = 30'000}, log_);
  const std::vector<LaunchedContestant> contestants = {
      {.launchable = &slow, .home = plan_.folder, .step_s = 30},
      {.launchable = &a, .home = plan_.folder, .step_s = 0.1},
      {.launchable = &b, .home = plan_.folder, .step_s = 0.1}};
  EXPECT_EQ(run_blocks(contestants, plan_, recorded_).value(), Ended::complete);
  ASSERT_FALSE(recorded_.visits[0].empty());
  EXPECT_EQ(recorded_.visits[0].front().block, 5) << "the others were through before";
  EXPECT_EQ(recorded_.visits[0].front().sets, 2) << "fewer steps";
  EXPECT_EQ(blocks_of(2).size(), 5U);
  EXPECT_EQ(blocks_of(1).size(), 7U)
      << "the baseline is the first that is not slow; two blocks tell it far behind";
}

TEST_F(Measure, WhatDoesNotFitIntoMemoryIsSplitWithTheBaselineInEachPart) {
  plan_.memory_limit_bytes = 2;
  run({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  EXPECT_EQ(recorded_.blocks, 6);
  EXPECT_EQ(recorded_.visits[0].size(), 14u);
  EXPECT_EQ(recorded_.visits[1].size(), 7u);
  EXPECT_EQ(recorded_.visits[2].size(), 7u);
}

TEST_F(Measure, EveryBlockTellsItsWarmStart) {
  run({{.name = "a", .step_ms = 5, .sleeps = true}});
  ASSERT_EQ(recorded_.starts[0].size(), static_cast<size_t>(recorded_.blocks));
  for (size_t block = 0; block < recorded_.starts[0].size(); ++block) {
    const record::WarmStart& start = recorded_.starts[0][block];
    EXPECT_EQ(start.block, static_cast<int>(block));
    EXPECT_GE(start.prepare_s, 0.005) << "the first step";
    EXPECT_LT(start.prepare_s, 1) << "and not all of the warm-up";
    EXPECT_NEAR(start.total_s, start.import_s + start.load_s + start.prepare_s, 1e-9);
  }
}

TEST_F(Adaptive, WhatDoesNotFitIntoMemoryTakesTurns) {
  plan_.memory_limit_bytes = 2;
  EXPECT_EQ(run({{.name = "a"}, {.name = "b"}, {.name = "jumpy", .launch_scatter = 0.05}}), Ended::complete);
  EXPECT_EQ(blocks_of(1).size(), 5U);
  EXPECT_GT(blocks_of(2).size(), 6U);
  for (const size_t who : {1U, 2U})
    for (const int block : blocks_of(who)) EXPECT_TRUE(blocks_of(0).contains(block));
}

TEST_F(Measure, NoContestantIsAnError) { EXPECT_FALSE(run_blocks({}, plan_, recorded_)); }

TEST_F(Measure, ColdLaunchGivesItsPartsAndBothAnswers) {
  const auto cold = cold_launch(simulated({.name = "a", .step_ms = 20, .sleeps = true}, log_), plan_.folder);
  ASSERT_TRUE(cold);
  EXPECT_GE(cold->launch.cold_s, 0.02);
  EXPECT_GE(cold->launch.prepare_s, 0.02);
  EXPECT_LE(cold->launch.import_s + cold->launch.load_s + cold->launch.prepare_s, cold->launch.cold_s + 1e-3);
  EXPECT_EQ(cold->launch.peak_bytes, 1000);
  EXPECT_EQ(cold->launch.anonymous_bytes, 700);
  EXPECT_EQ(cold->launch.file_bytes, 300);
  EXPECT_EQ(cold->launch.dropped_share, 0.75);
  EXPECT_EQ(cold->launch.compute_type, "f32");
  EXPECT_EQ(cold->launch.footprint.programs, std::vector<std::string>{"ld"});
  EXPECT_EQ(cold->code.program, "/bin/simulated");
  EXPECT_TRUE(fs::exists(plan_.folder / "home"));
  EXPECT_TRUE(fs::exists(cold->answers[0].path) && fs::exists(cold->answers[1].path));
  EXPECT_EQ(log_.lines, (std::vector<std::string>{"a steps 1", "a outputs", "a outputs", "a steps 1",
                                                  "a outputs", "a outputs", "a close"}));
  EXPECT_EQ(cold->costs.size(), 1U);
}

TEST_F(Measure, ADeviceThatIsNotThereIsUnsupported) {
  const auto cold = cold_launch(simulated({.name = "a", .device = "metal"}, log_), plan_.folder);
  ASSERT_FALSE(cold);
  EXPECT_EQ(cold.error().outcome, record::Outcome::unsupported);
  EXPECT_EQ(cold.error().reason, record::Reason::device);
}

}  // namespace
}  // namespace assay::measure
