#include "setup/build.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "setup/places.h"
#include "setup/sample_framework.h"

namespace assay::setup {
namespace {

namespace fs = std::filesystem;

class BuildTest : public SampleFramework {
 protected:
  // A framework whose script logs each of its runs in $ASSAY_BUILD_DIR/runs and then does `script`.
  void make(std::string_view script, std::string_view build_keys = "") {
    put("setup.sh", "echo run >> \"$ASSAY_BUILD_DIR/runs\"\n" + std::string(script));
    put("lock", "package==1\n");
    write_toml(build_keys);
  }

  void write_toml(std::string_view build_keys) {
    put("framework.toml", std::string(kSampleHead) + R"(
[[build]]
name = "venv"
script = "setup.sh"
inputs = ["lock"]
tools = ["bash"]
download_mb = 1
disk_mb = )" + std::to_string(disk_mb_) +
                              "\nminutes = 0.1\n" + std::string(build_keys) + R"(
[[variant]]
name = "eager"
build = "venv"
command = ["{build}/program"]
)");
    auto read = read_framework(folder());
    ASSERT_TRUE(read) << read.error().message;
    framework_ = *read;
  }

  [[nodiscard]] const Build& build() const { return framework_.builds.front(); }
  [[nodiscard]] BuildState now() const { return state(framework_, build()).value(); }
  [[nodiscard]] fs::path place() const { return build_dir(framework_, build()).value(); }
  [[nodiscard]] Result<> run() { return set_up(framework_, build(), observer_); }

  // How often the script (or, with another name, what writes that file) has run.
  [[nodiscard]] int runs(const std::string& file = "runs") const {
    const auto text = read_file(place() / file);
    return text ? static_cast<int>(std::count(text->begin(), text->end(), '\n')) : 0;
  }

  Framework framework_;
  int64_t disk_mb_ = 1;
  // All that scripts printed.
  [[nodiscard]] std::string printed() const { return read_file(place() / "setup.log").value_or(""); }

  std::string said_;
  std::vector<std::string> progress_;
  SetupObserver observer_{.say = [this](std::string_view line) { said_ += std::string(line) + "\n"; },
                          .progress = [this](std::string_view line) { progress_.emplace_back(line); }};
};

TEST_F(BuildTest, SetsUpOnceAndSaysWhatItTakesFirst) {
  make("echo installing\nprintf 'abc' > \"$ASSAY_BUILD_DIR/program\"\n");
  EXPECT_EQ(now(), BuildState::missing);
  EXPECT_FALSE(footprint_bytes(framework_, build()).has_value());
  ASSERT_TRUE(run());
  EXPECT_EQ(now(), BuildState::ready);
  EXPECT_EQ(said_.find("Sample: setting up venv: about 1 MB to download, 1 MB on disk, 6 s\n"), 0u) << said_;
  EXPECT_EQ(printed(), "installing\n");
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), 1);
  EXPECT_EQ(expand(framework_, framework_.variants[0]).value()[0], (place() / "program").string());
}

TEST_F(BuildTest, TheScriptKnowsItsFolders) {
  make("echo \"$PWD|$ASSAY_FRAMEWORK_DIR|$ASSAY_SOURCE_DIR|$ASSAY_CACHE|${PYTHONPATH-none}\"\n");
  ::setenv("PYTHONPATH", "/somewhere", 1);
  ASSERT_TRUE(run());
  ::unsetenv("PYTHONPATH");
  EXPECT_EQ(printed(), fmt::format("{0}|{0}|{1}|{2}|none\n", folder().string(), (top_ / "tree").string(),
                                   (top_ / "cache").string()));
}

TEST_F(BuildTest, ProgressIsToldAFewTimesASecond) {
  make("echo '[1/3] first'\nfor i in $(seq 20000); do echo warning $i; done\nsleep 0.7\n");
  ASSERT_TRUE(run());
  EXPECT_GE(progress_.size(), 2U) << "it goes on while nothing is printed";
  EXPECT_LE(progress_.size(), 50U);
  EXPECT_TRUE(progress_.back().starts_with("Sample: 0:0")) << progress_.back();
  EXPECT_TRUE(progress_.back().ends_with("about 1 min left  [1/3] first")) << progress_.back();
}

TEST_F(BuildTest, AFailureShowsTheLastLinesAndTheNextTryContinues) {
  make(
      "echo 'first line'; echo 'no such package' >&2\n[ -e \"$ASSAY_BUILD_DIR/half\" ] || { touch "
      "\"$ASSAY_BUILD_DIR/half\"; exit 3; }\n");
  const auto failed = run();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::environment);
  EXPECT_NE(failed.error().message.find("setup.sh failed (exit code 3)"), std::string::npos)
      << failed.error().message;
  EXPECT_NE(failed.error().message.find("no such package"), std::string::npos);
  EXPECT_NE(failed.error().message.find((place() / "setup.log").string()), std::string::npos);
  EXPECT_EQ(now(), BuildState::missing);
  ASSERT_TRUE(run());
  EXPECT_NE(said_.find("continuing to set up"), std::string::npos) << said_;
  EXPECT_EQ(now(), BuildState::ready);
  EXPECT_EQ(runs(), 2);
}

TEST_F(BuildTest, AKilledScriptIsNotReady) {
  make("kill -9 $$\n");
  const auto failed = run();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("signal 9"), std::string::npos) << failed.error().message;
  EXPECT_EQ(now(), BuildState::missing);
}

TEST_F(BuildTest, AnotherLockFileOrScriptMakesItStale) {
  make("true\n");
  ASSERT_TRUE(run());
  const fs::path before = place();
  put("lock", "package==2\n");
  EXPECT_NE(place(), before);
  EXPECT_EQ(now(), BuildState::stale);
  put("lock", "package==1\n");
  EXPECT_EQ(now(), BuildState::ready);
  put("setup.sh", "true # changed\n");
  EXPECT_EQ(now(), BuildState::stale);
}

TEST_F(BuildTest, AnotherSourceOnlyCompilesAgain) {
  put("runner.cc", "int main;");
  put("compile.sh", "echo run >> \"$ASSAY_BUILD_DIR/compiles\"\n");
  make("true\n", "compile = \"compile.sh\"\nsources = [\"runner.cc\"]\n");
  ASSERT_TRUE(run());
  const fs::path before = place();
  put("runner.cc", "int main();");
  EXPECT_EQ(now(), BuildState::stale);
  EXPECT_EQ(place(), before);
  ASSERT_TRUE(run());
  EXPECT_EQ(now(), BuildState::ready);
  EXPECT_EQ(runs(), 1);
  EXPECT_EQ(runs("compiles"), 2);
}

TEST_F(BuildTest, TooLittleDiskIsSaidBeforeAnythingRuns) {
  disk_mb_ = 1'000'000'000;
  make("true\n");
  const auto failed = run();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("needs 1000000.0 GB free"), std::string::npos)
      << failed.error().message;
  EXPECT_EQ(runs(), 0);
}

// The shell of a job of cron's: what it was made with is not on the PATH, and is still there.
TEST_F(BuildTest, ItStaysReadyWhereItsToolsAreNotOnThePath) {
  make("true\n", "");
  const fs::path tool = top_ / "tools/my-compiler";
  ASSERT_TRUE(write_file(tool, "#!/bin/bash\necho 1.0\n"));
  fs::permissions(tool, fs::perms::owner_all);
  framework_.builds[0].tools = {"my-compiler"};
  const std::string before = std::getenv("PATH");
  EXPECT_EQ(now(), BuildState::missing);
  ::setenv("PATH", ((top_ / "tools").string() + ":" + before).c_str(), 1);
  ASSERT_TRUE(run());
  const fs::path made = place();
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(now(), BuildState::ready);
  EXPECT_EQ(place(), made);
  EXPECT_TRUE(run());
  fs::remove(tool);
  EXPECT_EQ(now(), BuildState::stale);
  EXPECT_FALSE(run());
}

// Written before the stamp said what a build was made of: the folder's name does, and the stamp learns it.
TEST_F(BuildTest, AnOlderStampIsCompleted) {
  make("true\n");
  ASSERT_TRUE(write_file(place() / "stamp", "runner=\nfootprint_bytes=7\n"));
  EXPECT_EQ(now(), BuildState::ready);
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), 0);
  EXPECT_NE(read_file(place() / "stamp").value().find("tool.bash="), std::string::npos);
  EXPECT_EQ(footprint_bytes(framework_, build()), 7);
}

TEST_F(BuildTest, AMissingToolIsNamed) {
  make("true\n");
  framework_.builds[0].tools = {"no-such-compiler"};
  framework_.packages = {"a-compiler", "a-linker"};
  const auto failed = run();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("no-such-compiler is not installed"), std::string::npos)
      << failed.error().message;
  EXPECT_TRUE(failed.error().message.ends_with("apt-get install a-compiler a-linker"))
      << failed.error().message;
}

TEST_F(BuildTest, WaitsWhileAnotherSetsUpAndThenDoesNotInstallAgain) {
  make("true\n");
  ASSERT_TRUE(write_file(lock_of_build(place()), ""));
  const int other = ::open(lock_of_build(place()).c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  std::atomic<bool> waits = false;
  observer_.say = [&](std::string_view line) {
    said_ += line;
    waits = true;
  };
  std::thread finishes([&] {
    while (said_.find("waiting") == std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_TRUE(write_file(place() / "stamp", "runner=\nfootprint_bytes=7\n"));
    ::close(other);
  });
  const auto done = run();
  finishes.join();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(said_, "Sample: waiting: another assay is setting it up");
  EXPECT_EQ(runs(), 0);
  EXPECT_EQ(footprint_bytes(framework_, build()), 7);
}

TEST_F(BuildTest, InstalledFilesAreThoseOfTheFramework) {
  make(
      R"(cd "$ASSAY_BUILD_DIR" && mkdir -p p/site-packages/pip p/site-packages/pip-23.dist-info p/site-packages/sample/__pycache__
printf 12345 > p/site-packages/sample/libsample.so
printf x > p/site-packages/pip/main.py; printf x > p/site-packages/pip-23.dist-info/RECORD
printf x > p/site-packages/sample/__pycache__/a.pyc; printf x > installed.txt; ln -s sample p/link; rm runs
)");
  ASSERT_TRUE(run());
  const auto files = installed_files(framework_, build());
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1u);
  EXPECT_EQ(files->front().path, "p/site-packages/sample/libsample.so");
  EXPECT_EQ(footprint_bytes(framework_, build()), 5);
}

}  // namespace
}  // namespace assay::setup
