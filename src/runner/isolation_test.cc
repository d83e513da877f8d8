// What a runner is kept from: other processes, and files that are not for it.
#include "runner/isolation.h"

#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

#include "runner/fake_fixture.h"

extern char** environ;  // NOLINT: the name is POSIX's

namespace assay::runner {
namespace {

class IsolationTest : public FakeFixture {
 protected:
  // The fake spares the folder around its home, which must not be the one that all the tests' files are in.
  void SetUp() override {
    FakeFixture::SetUp();
    if (const char* home = std::getenv("HOME")) home_ = home;
    ::setenv("HOME", (folder_ / "elsewhere/own").c_str(), 1);
  }
  void TearDown() override {
    home_ ? ::setenv("HOME", home_->c_str(), 1) : ::unsetenv("HOME");
    FakeFixture::TearDown();
  }
  std::optional<std::string> home_;

  // A process of this test's own for others to lay hands on.
  static pid_t start_victim() {
    std::array<std::string, 2> words = {"sleep", "60"};
    std::array<char*, 3> argv = {words[0].data(), words[1].data(), nullptr};
    pid_t pid = 0;
    EXPECT_EQ(::posix_spawnp(&pid, "sleep", nullptr, nullptr, argv.data(), environ), 0);
    ::setenv("FAKE_VICTIM", std::to_string(pid).c_str(), 1);
    return pid;
  }
  // Whether it was stopped or killed; then it is gone.
  static bool harmed(pid_t victim) {
    int status = 0;
    const bool changed = ::waitpid(victim, &status, WNOHANG | WUNTRACED) != 0;
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
    return changed;
  }
  Attempt<Loaded> load_of(const std::string& variant) {
    auto runner = start_fake(variant);
    if (auto described = runner->describe(kPatientSeconds); !described)
      return std::unexpected(described.error());
    isolation_ = runner->isolation();
    return runner->load(load_request(), kPatientSeconds);
  }
  Isolation isolation_;
};

TEST_F(IsolationTest, LaysNoHandOnOthers) {
  const pid_t victim = start_victim();
  const auto loaded = load_of("hands-on");
  EXPECT_FALSE(harmed(victim));
  if (!isolation_.processes) GTEST_SKIP() << "this system has no process namespaces to give";
  EXPECT_TRUE(loaded) << loaded.error().message;
}

TEST_F(IsolationTest, WithoutNamespacesSignalsAreKeptBackWhereTheKernelCan) {
  together_ = true;
  const pid_t victim = start_victim();
  const auto loaded = load_of("hands-on");
  EXPECT_FALSE(isolation_.processes);
  EXPECT_EQ(harmed(victim), !isolation_.signals);
  if (!isolation_.signals) GTEST_SKIP() << "this kernel does not scope signals";
  ASSERT_FALSE(loaded) << "limits and affinity are not kept back";
  EXPECT_FALSE(loaded.error().message.contains("kill")) << loaded.error().message;
}

TEST_F(IsolationTest, OpensWhatItMayAndNothingElse) {
  ASSERT_TRUE(write_file(folder_ / "hidden/secret", "truth"));
  ASSERT_TRUE(write_file(folder_ / "hidden/readable", "weights"));
  std::filesystem::create_directories(folder_ / "home");
  std::filesystem::create_symlink(folder_ / "hidden", folder_ / "link");
  const std::string secret = folder_ / "hidden/secret", by_link = folder_ / "link/secret";
  ::setenv("FAKE_PATHS", (secret + ":" + by_link).c_str(), 1);
  access_ = Access{.hidden = {folder_ / "hidden"},
                   .readable = {folder_ / "hidden/readable"},
                   .writable = {folder_ / "home"}};
  const auto kept = load_of("reaches-out");
  if (!isolation_.files) GTEST_SKIP() << "this kernel keeps no rules for files";
  EXPECT_TRUE(kept) << kept.error().message;
  ::setenv("FAKE_PATHS", (folder_ / "hidden/readable").c_str(), 1);
  EXPECT_FALSE(load_of("reaches-out")) << "what is readable is, even below what is hidden";
  ::setenv("FAKE_PATHS", (folder_ / "home/own").c_str(), 1);
  EXPECT_FALSE(load_of("reaches-out")) << "and it may write what is writable";
  access_.reset();
  ::setenv("FAKE_PATHS", secret.c_str(), 1);
  EXPECT_FALSE(load_of("reaches-out")) << "without rules it reaches the file: the test would notice";
}

TEST_F(IsolationTest, MayNameItsThreadsInItsOwnProc) {
  access_ = Access{.hidden = {folder_ / "hidden"}, .readable = {}, .writable = {folder_}};
  const auto loaded = load_of("names-itself");
  if (!isolation_.own_proc) GTEST_SKIP() << "this system has no /proc of its own to give";
  EXPECT_TRUE(loaded) << loaded.error().message << ": no CUDA program would start";
}

TEST(Isolation, SaysWhatIsLacking) {
  Isolation all{.processes = true,
                .own_proc = true,
                .signals = true,
                .files = true,
                .lengths = true,
                .cpus = true,
                .number = true};
  EXPECT_TRUE(gaps(all).empty());
  EXPECT_EQ(gaps({}).size(), 6U) << "where any file can be opened nobody asks for its length";
  all.lengths = false;
  EXPECT_EQ(gaps(all).size(), 1U);
}

}  // namespace
}  // namespace assay::runner
