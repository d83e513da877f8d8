#include "base/subprocess.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>

namespace assay {
namespace {

using std::chrono::milliseconds;

// What a shell script prints, and how it ends.
std::pair<std::string, Ending> run(const std::string& script, SubprocessRequest request = {}) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  request.argv = {"sh", "-c", script};
  request.output = pipe[1];
  auto process = Subprocess::start(request);
  EXPECT_TRUE(process);
  ::close(pipe[1]);
  std::string text;
  std::array<char, 256> buffer{};
  for (ssize_t got = 0; (got = ::read(pipe[0], buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<size_t>(got));
  ::close(pipe[0]);
  return {text, process->wait()};
}

TEST(Subprocess, HasItsWordsItsFolderAndItsEnvironment) {
  ::setenv("ASSAY_TEST_TAKEN_AWAY", "still there", 1);
  const auto [text, ending] =
      run("echo \"$ADDED|$ASSAY_TEST_TAKEN_AWAY|$PWD\"; exit 7",
          {.environment = {{"ADDED", "yes"}, {"ASSAY_TEST_TAKEN_AWAY", ""}}, .directory = "/"});
  EXPECT_EQ(text, "yes||/\n");
  EXPECT_EQ(ending.code, 7);
  EXPECT_FALSE(ending.success());
}

TEST(Subprocess, ReadsNothingAndWritesIntoNothingUnlessToldOtherwise) {
  EXPECT_EQ(run("cat; echo lost >&2").first, "");
}

TEST(Subprocess, WhatCannotBeStartedIsSaid) {
  const auto none = Subprocess::start({.argv = {"no-such-program-here"}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::environment);
  EXPECT_NE(none.error().message.find("no-such-program-here cannot be started: No such file"),
            std::string::npos);
}

TEST(Subprocess, EndsWithAllThatItStarted) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  auto process = Subprocess::start(
      {.argv = {"sh", "-c", "trap '' TERM; sleep 300 & wait; sleep 300"}, .output = pipe[1]});
  ASSERT_TRUE(process);
  ::close(pipe[1]);
  EXPECT_FALSE(process->wait_for(milliseconds(50)));
  EXPECT_EQ(process->end(milliseconds(100)).signal, SIGKILL) << "it does not listen";
  char byte = 0;
  EXPECT_EQ(::read(pipe[0], &byte, 1), 0) << "the sleeping one holds the pipe no more";
  ::close(pipe[0]);
}

TEST(Subprocess, IsWaitedForNoLongerThanSaid) {
  auto process = Subprocess::start({.argv = {"sleep", "300"}});
  ASSERT_TRUE(process);
  EXPECT_FALSE(process->wait_for(milliseconds(0)));
  EXPECT_EQ(process->kill().signal, SIGKILL);
}

// A process that ignores SIGPIPE would give that on.
TEST(Subprocess, HasTheSignalsOfAShell) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(run("kill -PIPE $$; echo survived").second.signal, SIGPIPE);
  ::signal(SIGPIPE, before);
}

TEST(Subprocess, OfItsOwnSessionHasNoTerminalOfOurs) {
  const auto [text, ending] =
      run("ps -o sid= -p $$ | tr -d ' '; echo $$", {.group = SubprocessRequest::Group::own_session});
  const size_t line = text.find('\n');
  EXPECT_EQ(text.substr(0, line) + "\n", text.substr(line + 1));
}

}  // namespace
}  // namespace assay
