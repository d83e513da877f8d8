// Descendants that hide (frameworks/fake/escapes.py): in a namespace of the runner's own, and where the
// system has none to give.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/clock.h"
#include "runner/fake_fixture.h"

namespace assay::runner {
namespace {

class Escapes : public FakeFixture, public testing::WithParamInterface<std::tuple<const char*, bool>> {
 protected:
  void SetUp() override {
    FakeFixture::SetUp();
    together_ = std::get<1>(GetParam());
    tag_ = "escapee-" + std::to_string(::getpid()) + "-" + std::to_string(now_ns());
    ::setenv("FAKE_TAG", tag_.c_str(), 1);
  }
  std::string tag_;
};

TEST_P(Escapes, IsCountedStoppedAndKilled) {
  auto runner = load_fake(std::get<0>(GetParam()));
  ASSERT_TRUE(within_10_s([&] { return tagged(tag_).has_value(); }));
  EXPECT_TRUE(within_10_s([&] { return runner->usage().anonymous_bytes.value_or(0) > kHeldBytes; }))
      << "the memory of what hides is counted";
  ASSERT_TRUE(runner->pause());
  const auto stopped = tagged(tag_);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->state, 'T');
  ASSERT_TRUE(runner->resume());
  EXPECT_TRUE(within_10_s([&] { return tagged(tag_).value_or(ProcessStat{}).state == 'S'; }));
  EXPECT_TRUE(runner->close(kPatientSeconds));
  const auto left = tagged(tag_);
  EXPECT_FALSE(left) << left->pid;
  if (left) ::kill(left->pid, SIGKILL);
}

INSTANTIATE_TEST_SUITE_P(Fake, Escapes,
                         testing::Combine(testing::Values("hides", "hides-beside", "hides-within"),
                                          testing::Bool()));

class Crowds : public FakeFixture, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    FakeFixture::SetUp();
    together_ = GetParam();
  }
  // The dead that nobody has reaped, of those this process is the parent of.
  static int zombies() {
    int count = 0;
    for (const ProcessStat& process : all_processes())
      count += process.state == 'Z' && process.parent == ::getpid() ? 1 : 0;
    return count;
  }
};

TEST_P(Crowds, AChainOfProcessesLeavesNoDead) {
  auto runner = load_fake("chain");
  EXPECT_TRUE(step(*runner));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  static_cast<void>(runner->usage());
  EXPECT_LT(zombies(), 1000);
  const bool held = !together_ || has_group(runner->marker());
  static_cast<void>(runner->close(kPatientSeconds));
  runner.reset();
  if (!held)
    GTEST_SKIP() << "with neither namespaces nor control groups a chain outruns the core for a while";
  EXPECT_LE(zombies(), 1) << "and none of its links lives on, which the fixture looks at";
}

TEST_P(Crowds, TooManyProcessesEndTheRunner) {
  most_processes_ = 100;
  access_ = Access{.hidden = {}, .readable = {}, .writable = {folder_}};
  auto runner = load_fake("crowd");
  const auto steps = step(*runner);
  ASSERT_FALSE(steps);
  EXPECT_EQ(steps.error().outcome, record::Outcome::failed);
  // In a user namespace the system itself refuses the next process, and the runner says so.
  const bool by_user = runner->isolation().number && ::geteuid() != 0;
  const std::string& said = steps.error().message;
  EXPECT_TRUE(said.contains("the limit for a contestant is 100") ||
              (by_user && said.contains("Resource temporarily unavailable")))
      << said;
}

INSTANTIATE_TEST_SUITE_P(Fake, Crowds, testing::Bool());

}  // namespace
}  // namespace assay::runner
