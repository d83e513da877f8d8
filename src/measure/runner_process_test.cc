// Measuring real processes: frameworks/fake on a graph of one Identity node.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "measure/measure.h"
#include "runner/fake_fixture.h"
#include "tensor/safetensors.h"

namespace assay::measure {
namespace {

namespace fs = std::filesystem;

class RunnerProcess : public runner::FakeFixture {
 protected:
  Participant fake(const std::string& variant) {
    RunnerSpec spec;
    spec.command.argv = {"python3", ASSAY_SOURCE_DIR "/frameworks/fake/runner.py", variant};
    spec.load = load_request();
    return {.contestant = {.framework = "fake", .variant = variant, .device = "cpu"},
            .launch = launch_runner(spec, &stop_)};
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
    EXPECT_EQ(answer->at("y").data<float>()[0], 1.F + static_cast<float>(set));
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
  struct Recorded : Observer {
    std::vector<record::Failure> failures;
    int visits = 0;
    void visit_done(size_t, const record::Visit&) override { ++visits; }
    void failed(size_t, int, const record::Failure& failure) override { failures.push_back(failure); }
  } recorded;
  const Participant liar = fake("clock-liar");
  const Racer racer{.participant = &liar, .home = folder_ / "home"};
  const Plan plan{.least_blocks = 1, .rounds = 1, .visit_s = 0.1, .folder = folder_, .stop = &stop_};
  ASSERT_TRUE(run_blocks(std::span(&racer, 1), plan, recorded));
  ASSERT_EQ(recorded.failures.size(), 1u);
  EXPECT_EQ(recorded.failures[0].message.substr(0, 6), "clock:") << recorded.failures[0].message;
  EXPECT_EQ(recorded.visits, 0);
}

}  // namespace
}  // namespace assay::measure
