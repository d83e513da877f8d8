#include "decide/history.h"

#include <gtest/gtest.h>

#include <deque>

namespace assay::decide {
namespace {

record::ContestantResult timed(std::string framework, std::string version, double ms, int salt) {
  record::ContestantResult result;
  result.contestant = {std::move(framework), "v", "cpu", std::move(version)};
  result.cell = {"m", "full", "inference", "f32"};
  result.accuracy.verdict = record::Verdict::exact;
  result.provenance = record::Provenance{"graph", "weights", "runner"};
  for (int round = 0; round < 12; ++round) {
    const double off = 0.01 * ((round * 7 + salt * 5) % 11 - 5) / 5.0;
    result.visits.push_back(
        {.block = round % 3, .round = round, .samples_ns = {static_cast<int64_t>(ms * 1e6 * (1 + off))}});
  }
  return result;
}

// Runs of a machine that is `pace` times as slow in each, with a control beside the contestant.
class Runs {
 public:
  void add(double ms, double pace = 1, const std::string& version = "1", const std::string& control = "1") {
    const int salt = static_cast<int>(runs_.size());
    record::Run run;
    run.id = std::to_string(runs_.size());
    run.started = "2026-01-0" + std::to_string(runs_.size() + 1);
    run.results = {timed("x", version, ms * pace, salt), timed("control", control, 50 * pace, salt + 3)};
    runs_.push_back(std::move(run));
  }
  [[nodiscard]] History history() const {
    std::vector<Measured> results;
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) results.push_back({&run->results[0], &*run});
    return history_of(std::move(results));
  }

 private:
  std::deque<record::Run> runs_;
};

TEST(History, IsOldestFirstAndMarksVersions) {
  Runs runs;
  runs.add(100);
  runs.add(100, 1, "2");
  const auto history = runs.history();
  ASSERT_EQ(history.occasions.size(), 2U);
  EXPECT_EQ(history.occasions[0].measured.run->id, "0");
  EXPECT_FALSE(history.occasions[0].new_version);
  EXPECT_TRUE(history.occasions[1].new_version);
}

TEST(History, TheControlTakesTheMachinesPaceOut) {
  Runs runs;
  for (const double pace : {1.0, 1.3, 0.9, 1.2}) runs.add(100, pace);
  for (const double pace : {1.1, 0.8, 1.0}) runs.add(110, pace, "2");
  const auto history = runs.history();
  EXPECT_EQ(history.control, "control/v@cpu");
  for (size_t i = 0; i < history.occasions.size(); ++i)
    EXPECT_EQ(history.occasions[i].change.has_value(), i == 4) << i;
  EXPECT_NEAR(history.occasions[4].change->median, 1.1, 0.01);
}

TEST(History, AControlThatChangedIsNoneAndTheTimesCount) {
  Runs runs;
  for (const double ms : {100.0, 100.0, 101.0}) runs.add(ms);
  for (const double ms : {160.0, 158.0, 159.0}) runs.add(ms, 1, "2", "2");
  const auto history = runs.history();
  EXPECT_EQ(history.control, "");
  ASSERT_TRUE(history.occasions[3].change);
  EXPECT_NEAR(history.occasions[3].change->median, 1.6, 0.05);
}

TEST(History, ADriftThatRunsHaveAnywayIsNoChange) {
  Runs runs;
  runs.add(100, 1, "1", "1");
  runs.add(106, 1, "1", "2");
  runs.add(103, 1, "1", "3");
  for (const auto& occasion : runs.history().occasions) EXPECT_FALSE(occasion.change);
}

}  // namespace
}  // namespace assay::decide
