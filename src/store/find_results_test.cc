#include "store/find_results.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "store/store.h"

namespace assay::store {
namespace {

namespace fs = std::filesystem;

class Find : public testing::Test {
 protected:
  Find() : path_(fs::temp_directory_path() / fmt::format("assay_find_test.{}.db", ::getpid())) {
    fs::remove(path_);
    store_ = open_sqlite(path_).value();
  }
  ~Find() override {
    store_.reset();
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(path_.string() + ending);
  }
  void begin(const std::string& id, const std::string& host = "here", int threads = 2) {
    record::Run run;
    run.id = id;
    run.started = "2026-01-0" + id + "T00:00:00Z";
    run.host.name = host;
    run.threads = threads;
    ASSERT_TRUE(store_->begin(run));
  }
  int64_t add(const std::string& run, const std::string& framework, const record::Cell& cell,
              const std::string& version = "1") {
    return store_->add_result(run, {framework, "v", "cpu", version}, cell).value();
  }
  void time(int64_t result) {
    record::Visit visit;
    visit.samples_ns = {100};
    ASSERT_TRUE(store_->append(result, visit));
  }
  std::vector<std::string> newest(const record::Cell& cell, std::string_view host = "here",
                                  std::string_view version = "") {
    std::vector<std::string> found;
    const auto all = store_->newest(cell, host, version).value();
    for (const auto& one : all)
      found.push_back(one.run + " " + one.contestant.framework + " " + std::to_string(one.threads));
    return found;
  }

  fs::path path_;
  std::unique_ptr<Store> store_;
  record::Cell cell_{"m", "full", "inference", "f32"};
  record::Cell other_{"m", "full", "latency", "f32"};
};

using Lines = std::vector<std::string>;

TEST_F(Find, TheNewestOfEachContestantOnThatMachine) {
  begin("1");
  time(add("1", "a", cell_));
  time(add("1", "b", cell_));
  begin("2");
  time(add("2", "a", cell_));
  time(add("2", "c", other_));
  begin("3", "elsewhere");
  time(add("3", "a", cell_));
  EXPECT_EQ(newest(cell_), (Lines{"2 a 2", "1 b 2"}));
  EXPECT_EQ(newest(cell_, "elsewhere"), Lines{"3 a 2"});
  EXPECT_EQ(newest(cell_, "nowhere"), Lines{});
  Lines all;
  const auto everything = store_->all().value();
  for (const auto& one : everything)
    all.push_back(one.run + " " + one.contestant.framework + " " + one.cell.workload);
  EXPECT_EQ(all, (Lines{"3 a inference", "2 a inference", "2 c latency", "1 a inference", "1 b inference"}))
      << "everywhere, the newest first";
}

TEST_F(Find, NumbersOfThreadsStandApart) {
  begin("1", "here", 1);
  time(add("1", "a", cell_));
  begin("2", "here", 2);
  time(add("2", "a", cell_));
  EXPECT_EQ(newest(cell_), (Lines{"2 a 2", "1 a 1"}));
}

TEST_F(Find, TheNewestOfAVersion) {
  begin("1");
  time(add("1", "a", cell_, "1"));
  begin("2");
  time(add("2", "a", cell_, "2"));
  EXPECT_EQ(newest(cell_, "here", "1"), Lines{"1 a 2"});
  EXPECT_EQ(newest(cell_, "here", "2"), Lines{"2 a 2"});
  EXPECT_EQ(newest(cell_, "here", "3"), Lines{});
}

TEST_F(Find, WhatTellsNothingDoesNotHideWhatDid) {
  begin("1");
  time(add("1", "a", cell_));
  begin("2");
  add("2", "a", cell_);  // interrupted before its first visit
  begin("3");
  ASSERT_TRUE(store_->append(add("3", "a", cell_), record::Failure{.reason = record::Reason::not_set_up}));
  EXPECT_EQ(newest(cell_), Lines{"1 a 2"});
  begin("4");
  ASSERT_TRUE(store_->append(add("4", "a", cell_), record::Accuracy{.verdict = record::Verdict::wrong}));
  EXPECT_EQ(newest(cell_), Lines{"4 a 2"}) << "what was right once is wrong now";
  begin("5");
  ASSERT_TRUE(store_->append(add("5", "a", cell_), record::Failure{.outcome = record::Outcome::crashed}));
  EXPECT_EQ(newest(cell_), Lines{"5 a 2"});
}

TEST_F(Find, CellsOfAMachineAndTheResultsOfOne) {
  begin("1");
  time(add("1", "a", cell_));
  time(add("1", "a", other_));
  begin("2");
  time(add("2", "b", cell_));
  begin("3", "elsewhere");
  add("3", "a", {"n", "full", "inference", "f32"});
  EXPECT_EQ(store_->cells("here").value(), (std::vector{cell_, other_}));
  const auto run = store_->load("1", other_).value();
  ASSERT_EQ(run.results.size(), 1U);
  EXPECT_EQ(run.results[0].cell, other_);
  EXPECT_EQ(run.results[0].visits.size(), 1U);
}

TEST_F(Find, SomeCellsOfARunAndWhatItLacksInAll) {
  const record::Cell third{"n", "full", "inference", "f32"}, fourth{"o", "full", "inference", "f32"};
  begin("1");
  for (const auto& cell : {cell_, other_, third, cell_}) time(add("1", "a", cell));
  EXPECT_EQ(store_->cells_of("1").value(), (std::vector{cell_, other_, third})) << "each once";
  EXPECT_EQ(store_->cells_of("2").value(), std::vector<record::Cell>{});
  for (const auto& cell : {third, fourth})
    ASSERT_TRUE(store_->append("1", record::CellFault{cell, "no truth"}));
  ASSERT_TRUE(store_->append(add("1", "b", third), record::Completed{}));
  const auto run = store_->load("1", std::vector{cell_, other_}).value();
  EXPECT_EQ(run.results.size(), 2U);
  ASSERT_EQ(run.faults.size(), 1U) << "one was mended, in a cell that is not loaded";
  EXPECT_EQ(run.faults[0].cell, fourth);
  EXPECT_EQ(store_->load("1", std::vector<record::Cell>{}).value().results.size(), 4U) << "none: all";
}

}  // namespace
}  // namespace assay::store
