// For the tests of run_blocks and cold_launch: simulated contestants are measured, and what the observer is
// told is kept.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "measure/measure.h"
#include "measure/simulated_runner.h"

namespace assay::measure {

namespace fs = std::filesystem;

struct Recorded : BlockObserver {
  std::map<size_t, std::vector<record::WarmStart>> starts;
  struct Answered {
    int block;
    uint64_t set;
    std::string text;
  };
  std::map<size_t, std::vector<record::Visit>> visits;
  std::map<size_t, std::vector<Answered>> answers;
  std::map<size_t, std::vector<record::OutputsCost>> costs;
  std::map<size_t, record::Failure> failures;
  std::map<size_t, std::set<int>> steps_of_visits;
  int rounds = 0, blocks = 0;
  std::set<size_t> wrong;  // who is found so after the first block
  std::atomic<bool>* stop = nullptr;
  size_t stop_after_visits = SIZE_MAX, ends_after_visits = SIZE_MAX;

  void block_started(int, int all) override { blocks = all; }
  void warmed(size_t who, int, int, int steps, double) override { steps_of_visits[who].insert(steps); }
  void warm_started(size_t who, const record::WarmStart& start) override { starts[who].push_back(start); }
  void visit_done(size_t who, const record::Visit& visit) override {
    visits[who].push_back(visit);
    if (all_visits() >= stop_after_visits) *stop = true;
  }
  size_t all_visits() const {
    size_t all = 0;
    for (const auto& [key, list] : visits) all += list.size();
    return all;
  }
  bool ends() const override { return all_visits() >= ends_after_visits; }
  void round_done(int, int, int, std::optional<double> left_s) override {
    ++rounds;
    EXPECT_TRUE(left_s && *left_s >= 0);
  }
  void answered(size_t who, int block, const FetchedAnswer& answer) override {
    std::string name;
    uint64_t written = 0;
    std::ifstream(answer.path) >> name >> written;
    answers[who].push_back({block, answer.set, name});
    EXPECT_EQ(written, answer.set);
    EXPECT_EQ(answer.stamp, stamp_of(answer.path).value());
    costs[who].push_back(answer.cost);
  }
  bool goes_on(size_t who) override { return !wrong.contains(who); }
  void failed(size_t who, int, const record::Failure& failure) override { failures[who] = failure; }
};

class Measure : public ::testing::Test {
 protected:
  ~Measure() override { fs::remove_all(plan_.folder); }
  Measure() {
    plan_.folder = fs::temp_directory_path() / ("assay_measure_test." + std::to_string(::getpid()));
    plan_.least_blocks = 3;
    plan_.rounds = 7;
    plan_.rounds_per_block = 6;
    plan_.visit_s = 1;
    plan_.seed = 11;
    plan_.snapshot = [] { return host::Snapshot(); };  // a machine without others
  }
  // Measures simulated contestants; the first is the baseline.
  Ended run(const std::vector<Behaviour>& behaviours, std::optional<int64_t> peak = 1) {
    std::vector<LaunchableContestant> launchables;
    for (const auto& behaviour : behaviours) launchables.push_back(simulated(behaviour, log_));
    std::vector<LaunchedContestant> contestants;
    for (const auto& launchable : launchables) contestants.push_back({&launchable, peak, plan_.folder});
    log_.sets.clear();  // another run
    return run_blocks(contestants, plan_, recorded_).value();
  }

  BlockPlan plan_;
  Log log_;
  Recorded recorded_;
};

}  // namespace assay::measure
