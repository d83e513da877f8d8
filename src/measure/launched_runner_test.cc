// Measuring real processes: frameworks/fake on a graph of one Identity node.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/source_tree.h"
#include "host/host.h"
#include "measure/measure.h"
#include "runner/fake_fixture.h"
#include "tensor/safetensors.h"

namespace assay::measure {
namespace {

namespace fs = std::filesystem;

class RunnerProcess : public runner::FakeFixture {
 protected:
  RunnerSpec fake_spec(const std::string& variant) {
    RunnerSpec spec;
    spec.command.argv = {"python3", std::string(source_tree()) + "/frameworks/fake/runner.py", variant};
    spec.load = load_request();
    return spec;
  }
  LaunchableContestant fake(const std::string& variant) {
    return {.contestant = {.framework = "fake", .variant = variant, .device = "cpu"},
            .launch = launch_runner(fake_spec(variant), &stop_),
            .inputs = inputs()};
  }
  static InputSource inputs() {
    return {.write = [](const fs::path& path,
                        std::span<const uint64_t> numbers) { return write_inputs(path, numbers); },
            .set_bytes = 16};
  }
  fs::path launch_folder() const { return folder_ / "launch"; }

  std::atomic<bool> stop_ = false;
};

TEST_F(RunnerProcess, ColdLaunchOfARealProcess) {
  const auto cold = cold_launch(fake("honest"), launch_folder());
  ASSERT_TRUE(cold) << cold.error().message;
  EXPECT_EQ(cold->description.framework, "Fake");
  EXPECT_GT(cold->launch.import_s, 0);
  EXPECT_GT(cold->launch.peak_bytes.value_or(0), 1'000'000);
  EXPECT_GT(cold->launch.anonymous_bytes.value_or(0), 100'000);
  EXPECT_GT(cold->launch.file_bytes.value_or(0), 100'000);
  EXPECT_FALSE(cold->code.mapped.empty());
  for (const int set : {0, 1}) {
    const auto answer = tensor::read_safetensors(cold->answers[static_cast<size_t>(set)].path);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("y").data<float>()[0], static_cast<float>(set));
  }
  // Python compiled into the private folder, not into the user's.
  EXPECT_FALSE(fs::is_empty(launch_folder() / "home" / "pycache"));
}

TEST_F(RunnerProcess, StopEndsABlockedCall) {
  std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    stop_ = true;
  });
  const int64_t begun_ns = now_ns();
  const auto cold = cold_launch(fake("hang"), launch_folder());
  ASSERT_FALSE(cold);
  EXPECT_EQ(cold.error().message, "interrupted");
  EXPECT_LT(now_ns() - begun_ns, int64_t{15'000'000'000});
}

TEST_F(RunnerProcess, OutputsOfTheWrongSetFail) {
  const auto cold = cold_launch(fake("wrong-set"), launch_folder());
  ASSERT_FALSE(cold);
  EXPECT_EQ(cold.error().outcome, record::Outcome::failed);
}

TEST_F(RunnerProcess, AClockThatLiesFailsInTheBlocks) {
  struct Recorded : BlockObserver {
    std::vector<record::Failure> failures;
    int visits = 0;
    void visit_done(size_t, const record::Visit&) override { ++visits; }
    void failed(size_t, int, const record::Failure& failure) override { failures.push_back(failure); }
  } recorded;
  const LaunchableContestant liar = fake("clock-liar");
  const LaunchedContestant contestant{.launchable = &liar, .home = folder_ / "home"};
  const BlockPlan plan{
      .least_blocks = 1, .rounds = 1, .visit_s = 0.1, .folder = folder_, .stop = &stop_, .snapshot = [] {
        return host::Snapshot();
      }};  // a machine without others
  ASSERT_TRUE(run_blocks(std::span(&contestant, 1), plan, recorded));
  ASSERT_EQ(recorded.failures.size(), 1u);
  EXPECT_EQ(recorded.failures[0].message.substr(0, 6), "clock:") << recorded.failures[0].message;
  EXPECT_EQ(recorded.visits, 0);
}

double own_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

TEST_F(RunnerProcess, TheCoreSleepsWhileARunnerRuns) {
  const auto runner = fake("slow").launch({.home = folder_ / "home"});
  ASSERT_TRUE(runner);
  ASSERT_TRUE((*runner)->describe());
  ASSERT_TRUE((*runner)->load());
  const std::vector<uint64_t> numbers(10, 1);
  ASSERT_TRUE(write_inputs(folder_ / "inputs.safetensors", numbers));
  ASSERT_TRUE((*runner)->inputs(folder_ / "inputs.safetensors", 10));
  const double before_s = own_cpu_s();
  const int64_t begun_ns = now_ns();
  ASSERT_TRUE((*runner)->steps(10));
  const double passed_s = static_cast<double>(now_ns() - begun_ns) * 1e-9;
  ASSERT_GT(passed_s, 0.4) << "too short to tell";
  RecordProperty("share", std::to_string((own_cpu_s() - before_s) / passed_s));
  EXPECT_LT(own_cpu_s() - before_s, 0.01 * passed_s);
}

TEST_F(RunnerProcess, AVisitTellsWhatTheRunnerDidWithTheCpus) {
  struct Recorded : BlockObserver {
    std::vector<record::Visit> visits;
    std::vector<FetchedAnswer> answers;
    void visit_done(size_t, const record::Visit& visit) override { visits.push_back(visit); }
    void answered(size_t, int, const FetchedAnswer& answer) override { answers.push_back(answer); }
  } recorded;
  const auto cpus = host::share_for(1).cpus;
  ASSERT_EQ(cpus.size(), 1u);
  RunnerSpec spec = fake_spec("honest");
  spec.command.cpus = cpus;
  const LaunchableContestant held{.contestant = {.framework = "fake", .variant = "honest", .device = "cpu"},
                                  .launch = launch_runner(spec, &stop_),
                                  .inputs = inputs()};
  const LaunchedContestant contestant{.launchable = &held, .home = folder_ / "home"};
  const BlockPlan plan{.least_blocks = 1, .rounds = 1, .visit_s = 0.2, .folder = folder_, .stop = &stop_};
  ASSERT_TRUE(run_blocks(std::span(&contestant, 1), plan, recorded));
  ASSERT_EQ(recorded.visits.size(), 1u);
  const auto& visit = recorded.visits[0];
  EXPECT_EQ(visit.surroundings.cpus, 1);
  EXPECT_GE(visit.surroundings.threads.value_or(0), 1);
  // A step of the fake is nothing but computing; the batch has seen that time, give or take the pipe.
  EXPECT_GT(visit.cpu_ns.value_or(0), 0);
  EXPECT_LE(static_cast<double>(visit.cpu_ns.value_or(0)), 1.05 * static_cast<double>(visit.batch_ns) + 5e6);
  ASSERT_EQ(recorded.answers.size(), 1u);
  const auto& cost = recorded.answers[0].cost;
  EXPECT_TRUE(cost.first_cpu_ns && cost.second_cpu_ns);
  EXPECT_GT(cost.copy_ns, 0);
  EXPECT_EQ(cost.tensors, 1);
  EXPECT_GT(cost.step_ns, 0);
}

TEST_F(RunnerProcess, PastItsDeadlineAStepHasALowerBound) {
  RunnerSpec spec = fake_spec("hang");
  spec.deadlines.first_step_s = 0.5;
  const auto runner = launch_runner(spec, &stop_)({.home = folder_ / "home"});
  ASSERT_TRUE(runner);
  ASSERT_TRUE((*runner)->describe());
  ASSERT_TRUE((*runner)->load());
  ASSERT_TRUE(write_inputs(folder_ / "inputs.safetensors", {{1}}));
  ASSERT_TRUE((*runner)->inputs(folder_ / "inputs.safetensors", 1));
  const auto steps = (*runner)->steps(1);
  ASSERT_FALSE(steps);
  EXPECT_EQ(steps.error().outcome, record::Outcome::timed_out);
  EXPECT_EQ(steps.error().message.substr(0, 22), "a step takes > 0.5 s: ") << steps.error().message;
}

}  // namespace
}  // namespace assay::measure
