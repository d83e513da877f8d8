// What a control group of its own keeps a runner to, that it finds what fled, and that none is left behind.
#include "runner/control_group.h"

#include <sched.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "base/clock.h"
#include "runner/fake_fixture.h"

namespace assay::runner {
namespace {

class ControlGroups : public FakeFixture {
 protected:
  void SetUp() override {
    FakeFixture::SetUp();
    access_ = Access{.hidden = {}, .readable = {}, .writable = {folder_}};
  }
  // A program that does this in Python, and then nothing for a minute.
  std::unique_ptr<Runner> start_python(const std::string& code, const std::vector<int>& cpus) {
    const std::filesystem::path done = folder_ / "done";
    auto runner = start({.argv = {"python3", "-c",
                                  code + "; import time; open('" + done.string() + "', 'w'); time.sleep(60)"},
                         .cpus = cpus});
    within_10_s([&] { return std::filesystem::exists(done); });
    return runner;
  }
  static std::vector<int> own_cpus() {
    std::set<int> cpus;
    add_allowed_cpus(::getpid(), cpus);
    return {cpus.begin(), cpus.end()};
  }
};

TEST_F(ControlGroups, AffinityCannotBeWidened) {
  const auto cpus = own_cpus();
  if (cpus.size() < 2) GTEST_SKIP() << "there is one CPU";
  for (const bool together : {false, true}) {
    together_ = together;
    std::filesystem::remove(folder_ / "done");
    const auto runner =
        start_python("import os; os.sched_setaffinity(0, range(os.cpu_count()))", {cpus.back()});
    if (!runner->isolation().cpus) GTEST_SKIP() << "this system gives no cpuset";
    EXPECT_EQ(runner->processors().cpus, 1);
  }
}

TEST_F(ControlGroups, CannotBeLeft) {
  const auto cpus = own_cpus();
  if (cpus.size() < 2) GTEST_SKIP() << "there is one CPU";
  const auto runner = start_python(R"(
import glob, os
for file in glob.glob('/sys/fs/cgroup/**/cgroup.procs', recursive=True):
  try: open(file, 'w').write('0')
  except OSError: pass
os.sched_setaffinity(0, range(os.cpu_count())))",
                                   {cpus.back()});
  if (!runner->isolation().cpus) GTEST_SKIP() << "this system gives no cpuset";
  EXPECT_EQ(runner->processors().cpus, 1);
}

// Nothing but the group tells whose it is: the core would take it for one of the runner that went last.
TEST_F(ControlGroups, FindsWhatFledWhereThereAreNoNamespaces) {
  together_ = true;
  ::setenv("FAKE_TAG", ("grouped-" + std::to_string(now_ns())).c_str(), 1);
  auto runner = start_fake("hides");
  auto other = start_fake("honest");
  if (!has_group(runner->marker())) GTEST_SKIP() << "this system gives no control group";
  ASSERT_TRUE(other->describe(kPatientSeconds));
  ASSERT_TRUE(runner->describe(kPatientSeconds));
  ASSERT_TRUE(runner->load(load_request(), kPatientSeconds));
  EXPECT_TRUE(within_10_s([&] { return tagged(std::getenv("FAKE_TAG")).has_value(); }));
  EXPECT_EQ(other->usage().processes, 1);
  EXPECT_TRUE(within_10_s([&] { return runner->usage().anonymous_bytes.value_or(0) > kHeldBytes; }));
  other.reset();
  EXPECT_TRUE(tagged(std::getenv("FAKE_TAG")));
  runner.reset();
  EXPECT_FALSE(tagged(std::getenv("FAKE_TAG")));
}

TEST_F(ControlGroups, AreGoneWithTheTreeBeforeTheRunner) {
  auto runner = start({.argv = {"sh", "-c", "kill -SEGV $$"}});
  const auto described = runner->describe(kPatientSeconds);
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().outcome, record::Outcome::crashed);
  EXPECT_FALSE(has_group(runner->marker()));
}

TEST_F(ControlGroups, OfADeadCoreAreSwept) {
  const pid_t core = ::fork();
  if (core == 0) {
    const auto* left = new ControlGroup(new_marker(), {}, 10);
    ::_exit(left->limits_cpus() ? 0 : 1);  // without its destructor, as when it is killed
  }
  const auto is_its = [&](const RunnerGroup& group) {
    return group.marker.starts_with(std::to_string(pid_namespace()) + "-" + std::to_string(core) + "-");
  };
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(core), &info, WEXITED | WNOWAIT), 0);
  const auto before = runner_groups();
  sweep_leftovers();
  const auto after = runner_groups();
  ::waitpid(core, nullptr, 0);
  if (std::ranges::none_of(before, is_its)) GTEST_SKIP() << "this system gives no control group";
  EXPECT_TRUE(std::ranges::none_of(after, is_its));
}

TEST_F(ControlGroups, OfACoreThatLivesAreNotSwept) {
  const auto runner = start({.argv = {"sleep", "60"}});
  const bool had = has_group(runner->marker());
  sweep_leftovers();
  EXPECT_EQ(has_group(runner->marker()), had);
}

TEST(ControlGroupNames, AreFoundAmongTheGroupsOfAProcess) {
  EXPECT_TRUE(is_among("8:pids:/\n0::/user.slice/assay-1-2-3-4", "1-2-3-4"));
  EXPECT_TRUE(is_among("8:pids:/assay-1-2-3-4/own\n0::/", "1-2-3-4"));
  EXPECT_FALSE(is_among("8:pids:/assay-1-2-3-45\n0::/", "1-2-3-4"));
  EXPECT_FALSE(is_among("", "1-2-3-4"));
}

}  // namespace
}  // namespace assay::runner
