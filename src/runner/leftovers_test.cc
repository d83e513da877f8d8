// What happens to runners when the core itself is killed: a second copy of this test program plays the core.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "runner/fake_fixture.h"
#include "runner/guard.h"

extern char** environ;  // NOLINT: the name is POSIX's

namespace assay::runner {
namespace {

class Leftovers : public FakeFixture {
 protected:
  // Runs DISABLED_PlaysTheCore in a process of its own.
  static pid_t spawn_core(const std::string& report, bool together, const std::string& variant = "fork") {
    ::setenv("ASSAY_TEST_VARIANT", variant.c_str(), 1);
    ::setenv("ASSAY_TEST_TOGETHER", together ? "1" : "0", 1);
    ::setenv("ASSAY_TEST_REPORT", report.c_str(), 1);
    std::string program = "/proc/self/exe", also = "--gtest_also_run_disabled_tests",
                filter = "--gtest_filter=*PlaysTheCore";
    char* argv[] = {program.data(), also.data(), filter.data(), nullptr};
    pid_t pid = 0;
    EXPECT_EQ(::posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ), 0);
    return pid;
  }
  // The marker that the core reports once its runner is loaded.
  static std::string await_marker(const std::string& report) {
    for (int i = 0; i < 1000; ++i) {
      if (auto marker = read_file(report)) return *marker;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return {};
  }
  static void remove_folder_of(pid_t core) {
    std::filesystem::remove_all(std::filesystem::temp_directory_path() /
                                ("assay-Leftovers-DISABLED_PlaysTheCore-" + std::to_string(core)));
  }
  static int await_processes(const std::string& marker, int count) {
    for (int i = 0; i < 300 && processes_with(marker) != count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return processes_with(marker);
  }
};

TEST_F(Leftovers, DISABLED_PlaysTheCore) {
  together_ = std::getenv("ASSAY_TEST_TOGETHER") == std::string_view("1");
  const std::string variant = std::getenv("ASSAY_TEST_VARIANT");
  auto runner = load_fake(variant);
  if (variant == "hides") within_10_s([] { return tagged(std::getenv("FAKE_TAG")).has_value(); });
  ASSERT_TRUE(runner->pause());  // as between its visits: it cannot see the end of its input
  ASSERT_TRUE(write_file(std::getenv("ASSAY_TEST_REPORT"), runner->marker()));
  std::this_thread::sleep_for(std::chrono::seconds(60));
}

TEST_F(Leftovers, TheRunnerDiesWithTheCoreAndItsDaemonIsSwept) {
  const std::string report = folder_ / "marker";
  const pid_t core = spawn_core(report, true);
  const std::string marker = await_marker(report);
  ASSERT_FALSE(marker.empty());
  EXPECT_EQ(processes_with(marker), 2);
  sweep_leftovers();
  EXPECT_EQ(processes_with(marker), 2) << "the core lives";
  ::kill(core, SIGKILL);
  ::waitpid(core, nullptr, 0);
  EXPECT_EQ(await_processes(marker, 1), 1) << "the runner dies at once, its daemon stays";
  EXPECT_GE(sweep_leftovers(), 1);
  EXPECT_EQ(await_processes(marker, 0), 0);
  remove_folder_of(core);
}

TEST_F(Leftovers, ADaemonWithoutAWordInItsEnvironmentIsSweptByItsControlGroup) {
  const std::string report = folder_ / "marker", tag = "swept-" + std::to_string(::getpid());
  ::setenv("FAKE_TAG", tag.c_str(), 1);
  const pid_t core = spawn_core(report, true, "hides");
  const std::string marker = await_marker(report);
  ASSERT_FALSE(marker.empty());
  const bool grouped = has_group(marker);
  EXPECT_TRUE(tagged(tag));
  ::kill(core, SIGKILL);
  ::waitpid(core, nullptr, 0);
  EXPECT_EQ(await_processes(marker, 0), 0);
  sweep_leftovers();
  EXPECT_FALSE(has_group(marker));
  remove_folder_of(core);
  const auto left = tagged(tag);
  if (left) ::kill(left->pid, SIGKILL);
  if (!grouped) GTEST_SKIP() << "this system gives no control group";
  EXPECT_FALSE(left);
}

TEST_F(Leftovers, InANamespaceTheDaemonDiesWithTheCoreToo) {
  const std::string report = folder_ / "marker";
  const pid_t core = spawn_core(report, false);
  const std::string marker = await_marker(report);
  ASSERT_FALSE(marker.empty());
  EXPECT_EQ(processes_with(marker), 2);
  ::kill(core, SIGKILL);
  ::waitpid(core, nullptr, 0);
  EXPECT_EQ(await_processes(marker, 0), 0) << "where the system has no namespaces to give this cannot hold";
  sweep_leftovers();
  EXPECT_FALSE(has_group(marker));
  remove_folder_of(core);
}

TEST_F(Leftovers, AGuardKillsTheDaemonToo) {
  const std::string report = folder_ / "marker";
  const pid_t core = spawn_core(report, true);
  const std::string marker = await_marker(report);
  ASSERT_FALSE(marker.empty());
  // The guard in this process's place: its input ends when the core does, as the pipe of start_guard() does.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const int own_input = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  std::thread killing([&] {
    ::kill(core, SIGKILL);
    ::waitpid(core, nullptr, 0);
    ::close(ends[1]);
  });
  EXPECT_EQ(guard(marker.substr(0, marker.rfind('-') + 1)), 0);
  killing.join();
  ::dup2(own_input, STDIN_FILENO);
  ::close(own_input);
  ::close(ends[0]);
  EXPECT_EQ(processes_with(marker), 0);
  EXPECT_FALSE(has_group(marker));
  remove_folder_of(core);
}

TEST_F(Leftovers, AGuardOfNobodyKillsNobody) {
  EXPECT_EQ(guard(""), 2);
  EXPECT_EQ(guard("4026531836"), 2);
}

}  // namespace
}  // namespace assay::runner
