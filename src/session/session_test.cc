#include "session/session.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "models/catalogue.h"
#include "session/fakes.h"

namespace assay::session {
namespace {

namespace fs = std::filesystem;
using record::Verdict;

// A run of two contestants whose steps are the reference's own, on a small model.
class Session : public testing::Test {
 protected:
  Session() : folder_(fs::temp_directory_path() / fmt::format("assay_session_test.{}", ::getpid())) {
    ::setenv("ASSAY_CACHE", (folder_ / "cache").c_str(), 1);
    request_.models = {models::find_model("smollm2-135m", "tiny").value()};
    request_.workloads = {"inference"};
    request_.sdk = folder_ / "sdk";
    fs::create_directories(request_.sdk / "python");
    request_.arguments = {"run"};
    request_.rounds = 4;
    request_.host.memory_bytes = int64_t{1} << 40;
    for (const char* name : {"first", "second"}) frameworks_.push_back(framework(name));
    for (const auto& each : frameworks_) request_.contestants.push_back({&each, &each.variants[0], "cpu"});
  }
  ~Session() override {
    ::unsetenv("ASSAY_CACHE");
    fs::remove_all(folder_);
  }
  setup::Framework framework(const std::string& name) {
    setup::Framework made;
    made.name = made.title = name;
    made.directory = folder_ / name;
    fs::create_directories(made.directory);
    made.variants.push_back({.name = "v", .command = {"/bin/true", name}, .devices = {"cpu"}});
    return made;
  }
  Result<record::Run> run() { return session::run(request_, store_, events_, stop_, outside(fakes_)); }

  fs::path folder_;
  std::vector<setup::Framework> frameworks_;
  Request request_;
  Fakes fakes_;
  MemoryStore store_;
  std::atomic<bool> stop_ = false;
  RecordedEvents events_{stop_};
};

TEST_F(Session, GoesFromLaunchOverJudgementAndRoundsToTheStore) {
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->complete);
  ASSERT_EQ(done->results.size(), 2U);
  for (const auto& result : done->results) {
    EXPECT_EQ(result.accuracy.verdict, Verdict::exact) << result.accuracy.reason;
    EXPECT_EQ(result.visits.size(), 4U);
    EXPECT_TRUE(result.complete);
    EXPECT_EQ(result.runner->details.at("made by"), "the test");
    EXPECT_FALSE(result.tensor_errors.empty());
  }
  EXPECT_EQ(events_.lines.front(), "started");
  EXPECT_EQ(events_.lines.back(), "cell finished: 2");
  EXPECT_LT(events_.first("launched second"), events_.first("visited first"))
      << "all are judged before any is timed";
  EXPECT_EQ(store_.runs.size(), 1U);
  EXPECT_TRUE(store_.finished);
  EXPECT_EQ(store_.count<record::Visit>(), 8);
  EXPECT_FALSE(fs::exists(folder_ / "cache/runs" / done->id)) << "the run's own files are gone";
}

TEST_F(Session, WhoTakesAUsersOwnFileTakesPartWhereThereIsOne) {
  setup::Variant as_given{.name = "as-given", .model = setup::ModelForm::original};
  request_.contestants.push_back({frameworks_.data(), &as_given, "cpu"});
  auto workload = request_.models[0].build("inference").value();
  EXPECT_EQ(contestants_of(request_, workload).size(), 2U);
  workload.original = models::Original{.file = "/own.onnx"};
  EXPECT_EQ(contestants_of(request_, workload).size(), 3U);
}

// With limits that whoever looks finds ten times as high.
TEST_F(Session, BetweenBlocksTheMachinesLimitsAreLookedAtButNotAllTheTime) {
  const auto limits = [](double flop_per_s) {
    record::Limits made{.measured = "2026-11-26T20:00:00Z", .threads = 1};
    made.peaks = {record::Peak{.precision = "f32",
                               .flop_per_s = flop_per_s,
                               .products = {{.library = "oneDNN", .flop_per_s = flop_per_s}}}};
    return made;
  };
  request_.host.limits = limits(1e12);
  request_.assay = folder_ / "assay";
  ASSERT_TRUE(write_file(request_.assay,
                         "#!/bin/sh\ncat <<END\n" + record::limits_to_json(limits(1e13)) + "\nEND\n"));
  fs::permissions(request_.assay, fs::perms::owner_all);
  const auto quick = run();
  ASSERT_TRUE(quick) << quick.error().message;
  EXPECT_TRUE(store_.looks.empty()) << "the run takes no ten seconds";

  request_.look_interval_s = 0;
  store_ = {};
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_FALSE(store_.looks.empty());
  EXPECT_EQ(done->looks.size(), store_.looks.size());
  EXPECT_EQ(store_.looks[0].peaks[0].flop_per_s, 1e13);
  EXPECT_NEAR(*done->results[0].limit->compute_ms * 10, *quick->results[0].limit->compute_ms, 1e-9)
      << "the higher one counts";
}

TEST_F(Session, WhoAnswersWronglyIsNotTimedAndTheOtherIs) {
  fakes_.wrong = {"second"};
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->results[1].accuracy.verdict, Verdict::wrong);
  EXPECT_TRUE(done->results[1].visits.empty());
  EXPECT_EQ(done->results[0].visits.size(), 4U);
}

TEST_F(Session, WhoDiesIsAResultAndTheOtherGoesOn) {
  fakes_.dies_after = {{"first", 7}};
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->results[0].failure->outcome, record::Outcome::crashed);
  EXPECT_EQ(done->results[1].visits.size(), 4U);
  EXPECT_TRUE(done->complete);
}

// A store that fails is an error of its own, and no interrupt.
TEST_F(Session, AStoreThatFailsEndsTheRunWithItsError) {
  store_.fails_at = 12;
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "the disk is full");
  EXPECT_FALSE(stop_);
  EXPECT_FALSE(store_.finished);
}

TEST_F(Session, SoDoesOneThatFailsWhileOthersAreTimed) {
  store_.fails_at_visits = true;
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "the disk is full");
  EXPECT_FALSE(stop_);
  EXPECT_EQ(events_.count("cell finished"), 0);
}

TEST_F(Session, ACellWithoutATruthIsLeftOutAndTheOthersAreMeasured) {
  request_.workloads = {"inference", "latency"};
  fakes_.no_truth_of = "inference";
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(done->complete);
  ASSERT_EQ(done->faults.size(), 1U);
  EXPECT_EQ(done->faults[0].cell.workload, "inference");
  EXPECT_EQ(store_.faults.size(), 1U);
  ASSERT_EQ(
      std::ranges::count(done->results, "latency", [](const auto& result) { return result.cell.workload; }),
      2);
}

TEST_F(Session, AnInterruptedRunIsGoneOnWithWithoutLaunchingAnew) {
  events_.stop_at = "visited first";
  const auto partial = run();
  ASSERT_TRUE(partial) << partial.error().message;
  EXPECT_FALSE(partial->complete);
  stop_ = false;
  events_.stop_at.clear();
  events_.lines.clear();
  request_.resume = store_.as_stored();
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->complete);
  EXPECT_EQ(done->id, partial->id);
  EXPECT_EQ(events_.count("launched"), 0) << "cold launches are kept";
  EXPECT_EQ(events_.count("kept"), 2);
}

TEST_F(Session, WhatDoesNotFitIntoMemoryIsUnsupportedBeforeItIsStarted) {
  request_.host.memory_bytes = 1000;
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->results[0].failure->reason, record::Reason::memory);
  EXPECT_EQ(fakes_.launches, 0);
}

}  // namespace
}  // namespace assay::session
