// Inputs that come once, requests of random lengths, questions at random places: what the core does so that
// nobody can do less than it says.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "measure/measure_fixture.h"

namespace assay::measure {
namespace {

TEST_F(Measure, EveryBlockAsksEveryoneForTheAnswersToTheSameTwoFreshSets) {
  run({{.name = "a"}, {.name = "b"}});
  std::array<std::set<std::pair<int, uint64_t>>, 2> got;
  for (size_t who = 0; who < 2; ++who) {
    for (const auto& answer : recorded_.answers[who]) {
      EXPECT_TRUE(got[who].insert({answer.block, answer.set}).second) << "no set comes twice";
      EXPECT_EQ(answer.text, who == 0 ? "a" : "b");
    }
    EXPECT_EQ(got[who].size(), 6u);  // three blocks, two sets
  }
  EXPECT_EQ(got[0], got[1]);
}

TEST_F(Measure, QuestionsComeAtRandomPlaces) {
  plan_.rounds = 60;
  plan_.least_blocks = 10;
  run({{.name = "a"}});
  std::set<int> rounds;
  std::set<size_t> steps;
  for (const auto& visit : recorded_.visits[0])
    if (visit.samples_ns.size() < 10) {
      rounds.insert(visit.round);
      steps.insert(visit.samples_ns.size());
    }
  EXPECT_EQ(std::ranges::count_if(recorded_.visits[0], [](const auto& visit) { return visit.asked_ns > 0; }),
            20)
      << "two of each block";
  EXPECT_GT(rounds.size(), 3U);
  EXPECT_GT(steps.size(), 4U);
}

TEST_F(Measure, WorkThatIsPutOffShowsInEveryQuestion) {
  run({{.name = "honest"}, {.name = "lazy", .put_off_ms = 60}});
  ASSERT_GE(recorded_.costs[1].size(), 5U);
  EXPECT_EQ(record::work_put_off(recorded_.costs[0]), "");
  EXPECT_NE(record::work_put_off(recorded_.costs[1]), "");
}

TEST_F(Measure, WorkDoneWhenInputsComeCountsAsTheSteps) {
  run({{.name = "a"}, {.name = "early", .step_ms = 40, .inputs_ms = 605}});
  for (const auto& visit : recorded_.visits[1]) EXPECT_NEAR(visit.ahead_ns * 1e-6, 600, 1);
}

TEST_F(Measure, ShortStepsComeInRequestsOfRandomLengths) {
  run({{.name = "a", .step_ms = 0.5}});
  std::set<int> lengths;
  for (const auto& visit : recorded_.visits[0])
    for (const auto& request : visit.requests) lengths.insert(request.steps);
  EXPECT_TRUE(lengths.contains(1)) << "a step alone is among them";
  EXPECT_GT(lengths.size(), 20U);
}

TEST_F(Measure, AColdLaunchThatLooksPutOffIsAskedAgainAndItsWorkBelongsToTheStart) {
  const auto cold =
      cold_launch(simulated({.name = "a", .step_ms = 20, .sleeps = true, .put_off_ms = 2000}, log_),
                  plan_.folder, [] { return host::Snapshot(); });
  ASSERT_TRUE(cold);
  EXPECT_EQ(cold->costs.size(), 6U);
  EXPECT_NE(record::work_put_off(cold->costs), "");
  EXPECT_GE(cold->launch.prepare_s, 2);
}

TEST_F(Measure, OfShortStepsAColdLaunchIsAskedMoreOften) {
  const auto cold =
      cold_launch(simulated({.name = "a", .step_ms = 20, .sleeps = true, .put_off_ms = 20}, log_),
                  plan_.folder, [] { return host::Snapshot(); });
  ASSERT_TRUE(cold);
  EXPECT_EQ(cold->costs.size(), 16U);
}

}  // namespace
}  // namespace assay::measure
