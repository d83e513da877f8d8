// What the core makes of runners, honest and faulty ones: frameworks/fake.
#include "runner/runner.h"

#include <sched.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <numeric>
#include <thread>

#include "base/clock.h"
#include "base/source_tree.h"
#include "runner/fake_fixture.h"
#include "runner/stderr_keeper.h"

namespace assay::runner {
namespace {

using record::Outcome;
using record::Reason;

class HonestRunner : public FakeFixture {};

TEST_F(HonestRunner, AnswersEveryRequest) {
  auto runner = start_fake("honest");
  const auto description = runner->describe(kPatientSeconds);
  ASSERT_TRUE(description) << description.error().message;
  EXPECT_EQ(description->framework, "Fake");
  const auto loaded = runner->load(load_request(), kPatientSeconds);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->precision, "f32");
  for (const float last : {2.F, 4.F}) {
    ASSERT_TRUE(step(*runner, 2));
    for (int twice = 0; twice < 2; ++twice) {
      const auto written = runner->outputs(folder_ / "out.safetensors", kPatientSeconds);
      ASSERT_TRUE(written) << written.error().message;
      const auto tensors = tensor::read_safetensors(folder_ / "out.safetensors");
      ASSERT_TRUE(tensors) << tensors.error().message;
      EXPECT_EQ(tensors->at("y").data<float>()[0], last);
    }
  }
  EXPECT_TRUE(runner->close(kPatientSeconds));
  EXPECT_TRUE(runner->close(kPatientSeconds));
  EXPECT_FALSE(runner->describe(kPatientSeconds));
}

TEST_F(HonestRunner, TheCoresClockEnclosesTheSamples) {
  auto runner = load_fake("slow");
  const auto steps = step(*runner);
  ASSERT_TRUE(steps);
  const int64_t sum = std::accumulate(steps->samples_ns.begin(), steps->samples_ns.end(), int64_t{0});
  EXPECT_GE(sum, 200'000'000);
  EXPECT_GE(steps->batch_ns, sum);
}

TEST_F(HonestRunner, TheCoreSleepsWhileARunnerWorks) {
  auto runner = load_fake("slow");
  timespec before{}, after{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  ASSERT_TRUE(step(*runner, 2));
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  const double used_s = static_cast<double>(after.tv_sec - before.tv_sec) +
                        1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
  EXPECT_LT(used_s, 0.01) << "of half a second";
}

TEST_F(HonestRunner, SaysItselfThatAStepFailedAndGoesOn) {
  auto runner = load_fake("fails-at-step");
  const auto steps = step(*runner);
  ASSERT_FALSE(steps);
  EXPECT_EQ(steps.error().outcome, Outcome::failed);
  EXPECT_NE(steps.error().message.find("on fire"), std::string::npos);
  EXPECT_TRUE(runner->describe(kPatientSeconds));
  EXPECT_TRUE(runner->close(kPatientSeconds));
}

TEST_F(HonestRunner, ListsAllNodesItCannotDo) {
  auto runner = start_fake("unsupported");
  const auto loaded = runner->load(load_request(), kPatientSeconds);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().outcome, Outcome::unsupported);
  EXPECT_EQ(loaded.error().reason, Reason::op);
  ASSERT_EQ(loaded.error().nodes.size(), 1U);
  EXPECT_EQ(loaded.error().nodes[0].op, "Identity");
}

struct Fault {
  const char* variant;
  const char* at;  // the request that fails
  Outcome outcome;
  const char* message;  // part of it
  double deadline_s;    // of the request that fails
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.variant; }

class FaultyRunner : public FakeFixture, public testing::WithParamInterface<Fault> {};

TEST_P(FaultyRunner, IsReportedAndNothingIsLeft) {
  const Fault& fault = GetParam();
  const std::string at = fault.at;
  auto runner = start_fake(fault.variant);
  ASSERT_TRUE(runner->describe(kPatientSeconds));
  std::optional<record::Failure> failure;
  const auto loaded = runner->load(load_request(), at == "load" ? fault.deadline_s : kPatientSeconds);
  if (!loaded) failure = loaded.error();
  ASSERT_EQ(failure.has_value(), at == "load") << fault.variant;
  const int64_t start_ns = now_ns();
  for (int i = 0; i < 3 && !failure; ++i) {
    const auto steps = step(*runner, 2, fault.deadline_s);
    if (!steps) failure = steps.error();
  }
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->outcome, fault.outcome) << failure->message;
  EXPECT_NE(failure->message.find(fault.message), std::string::npos) << failure->message;
  EXPECT_EQ(failure->message.find('\x1b'), std::string::npos);
  EXPECT_LT(now_ns() - start_ns, 5'000'000'000);
  EXPECT_EQ(processes_with(runner->marker()), 0) << "killed as soon as it failed";
  const auto again = runner->describe(kPatientSeconds);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, failure->message);
}

INSTANTIATE_TEST_SUITE_P(
    Fake, FaultyRunner,
    testing::Values(
        Fault{"crash-at-load", "load", Outcome::crashed,
              "killed by signal 11 (segmentation fault) instead of answering load", 9},
        Fault{"crash-at-step", "steps", Outcome::crashed,
              "killed by signal 6 (aborted) instead of answering steps", 9},
        Fault{"hang", "steps", Outcome::timed_out, "no answer to steps within 0.3 s", 0.3},
        Fault{"ignores-sigterm", "steps", Outcome::timed_out, "no answer to steps within 0.3 s", 0.3},
        Fault{"exit", "steps", Outcome::crashed, "exited with code 0 instead of answering steps", 9},
        Fault{"garbage", "load", Outcome::failed, "not JSON: '?[2JLoading model... 100%'", 9},
        Fault{"answers-early", "steps", Outcome::failed, "without being asked", 9},
        Fault{"flood-stdout", "load", Outcome::failed, "a line of more than 16 MiB", 9},
        Fault{"closes-pipe", "load", Outcome::failed, "closed its pipe", 9},
        Fault{
            "half-line", "load", Outcome::crashed,
            R"(exited with code 3 instead of answering load, after half a line: '{"assay": 2, "id": 2, "result": {"preci')",
            9},
        Fault{"wrong-id", "load", Outcome::failed, "id 17, expected 2", 9}),
    [](const auto& fault) {
      std::string name = fault.param.variant;
      std::erase(name, '-');
      return name;
    });

using Runners = HonestRunner;

TEST_F(Runners, LastWordsAreInTheFailure) {
  auto runner = load_fake("crash-at-step");
  const auto steps = step(*runner, 3);
  ASSERT_FALSE(steps);
  EXPECT_NE(steps.error().stderr_tail.find("terminate called"), std::string::npos)
      << steps.error().stderr_tail;
}

TEST_F(Runners, FloodOfStderrStaysWithinBounds) {
  auto runner = load_fake("flood-stderr");
  EXPECT_TRUE(step(*runner));
  EXPECT_TRUE(runner->close(kPatientSeconds));
  const auto kept = read_file(stderr_path());
  ASSERT_TRUE(kept);
  EXPECT_LE(kept->size(), StderrKeeper::kMostFirstBytes + StderrKeeper::kMostLastBytes + 100);
  EXPECT_TRUE(kept->ends_with("the last line\n"));
  EXPECT_NE(kept->find("bytes left out]"), std::string::npos);
}

TEST_F(Runners, ADaemonIsKilledToo) {
  auto runner = load_fake("fork");
  const auto usage = runner->usage();
  EXPECT_EQ(usage.processes, 2);
  EXPECT_EQ(usage.threads, 2);
  const std::string marker = runner->marker();
  EXPECT_EQ(processes_with(marker), 2);
  EXPECT_TRUE(step(*runner));
  EXPECT_TRUE(runner->close(kPatientSeconds));
  EXPECT_EQ(processes_with(marker), 0);
}

TEST_F(Runners, ADeathIsSeenThoughADaemonHoldsThePipe) {
  auto runner = load_fake("fork");
  ::kill(runner->pid(), SIGKILL);
  const auto steps = step(*runner);
  ASSERT_FALSE(steps);
  EXPECT_EQ(steps.error().outcome, Outcome::crashed);
  EXPECT_NE(steps.error().message.find("killed by signal 9"), std::string::npos) << steps.error().message;
}

TEST_F(Runners, PauseStopsTheWholeTreeUntilItIsNeeded) {
  auto runner = load_fake("fork");
  ASSERT_TRUE(runner->pause());
  EXPECT_TRUE(runner->paused());
  int stopped = 0;
  for (const ProcessStat& process : all_processes())
    if (environment_value(process.pid, kMarkerVariable) == runner->marker()) stopped += process.state == 'T';
  EXPECT_EQ(stopped, 2);
  EXPECT_TRUE(runner->usage().pss_bytes);
  ASSERT_TRUE(runner->resume());
  EXPECT_TRUE(step(*runner));
  ASSERT_TRUE(runner->pause());
  EXPECT_TRUE(step(*runner)) << "a request continues it";
  EXPECT_FALSE(runner->paused());
  ASSERT_TRUE(runner->pause());  // and a stopped one can be killed
}

TEST_F(Runners, PauseOfADeadRunnerIsAFailure) {
  auto runner = load_fake("honest");
  ::kill(runner->pid(), SIGSEGV);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto paused = runner->pause();
  ASSERT_FALSE(paused);
  EXPECT_EQ(paused.error().outcome, Outcome::crashed);
}

TEST_F(Runners, InterruptEndsTheRequestInProgress) {
  auto runner = load_fake("hang");
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    runner->interrupt();
  });
  const auto steps = step(*runner);
  other.join();
  ASSERT_FALSE(steps);
  EXPECT_EQ(steps.error().message, "interrupted");
}

TEST_F(Runners, OutliveTheThreadThatStartedThem) {
  std::unique_ptr<Runner> runner;
  std::thread([&] { runner = start_fake("honest"); }).join();
  EXPECT_TRUE(runner->describe(kPatientSeconds));
}

TEST_F(Runners, SeveralAtATime) {
  auto first = load_fake("honest");
  auto second = load_fake("fork");
  EXPECT_NE(first->marker(), second->marker());
  second.reset();
  EXPECT_TRUE(step(*first));
}

// Namespaces, control groups and rules are made between; at least once in ten they are seen to take longer
// than what comes after the program is executed.
TEST_F(Runners, TheStartIsThatOfTheProgram) {
  bool seen = false;
  for (int i = 0; i < 10 && !seen; ++i) {
    const int64_t before_ns = now_ns();
    const auto runner = start({.argv = {"sleep", "60"}});
    const int64_t after_ns = now_ns();
    EXPECT_GT(runner->started_ns(), before_ns);
    EXPECT_LT(runner->started_ns(), after_ns);
    seen = runner->started_ns() - before_ns > after_ns - runner->started_ns();
  }
  EXPECT_TRUE(seen);
}

TEST_F(Runners, WhatCannotBeStarted) {
  const auto missing = Runner::start({.argv = {"no-such-program"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot start no-such-program: No such file or directory");
  EXPECT_FALSE(Runner::start({.argv = {"sh"}, .directory = "/no/such/folder"}));
  EXPECT_FALSE(Runner::start({.argv = {"/etc/passwd"}}));
  EXPECT_FALSE(Runner::start({}));
}

TEST_F(Runners, EnvironmentAndFolder) {
  ::setenv("ASSAY_TEST_GONE", "here", 1);
  auto runner = start({.argv = {"sh", "-c", "pwd >&2; env >&2; ls -l /proc/self/fd >&2"},
                       .environment = {{"ASSAY_TEST_GONE", ""}, {"ASSAY_TEST_NEW", "a b"}},
                       .directory = folder_});
  EXPECT_FALSE(runner->describe(kPatientSeconds));
  const auto said = read_file(stderr_path());
  ASSERT_TRUE(said);
  EXPECT_TRUE(said->starts_with(folder_.string() + "\n")) << *said;
  EXPECT_EQ(said->find("ASSAY_TEST_GONE"), std::string::npos);
  EXPECT_NE(said->find("ASSAY_TEST_NEW=a b\n"), std::string::npos);
  EXPECT_NE(said->find("ASSAY_RUNNER_ID=" + runner->marker()), std::string::npos);
}

TEST_F(Runners, InheritNothingButTheirPipes) {
  const int leaked = ::dup(2);  // as a library of the core would open it, without O_CLOEXEC
  auto runner = start({.argv = {"sh", "-c", "ls /proc/self/fd >&2"}});
  EXPECT_FALSE(runner->describe(kPatientSeconds));
  ::close(leaked);
  const auto said = read_file(stderr_path());
  ASSERT_TRUE(said);
  EXPECT_EQ(*said, "0\n1\n2\n3\n");  // 3 is the folder that ls reads
}

TEST_F(Runners, OneThatEatsMemoryIsKilledAtItsLimit) {
  auto runner =
      start({.argv = {"python3", std::string(source_tree()) + "/frameworks/fake/runner.py", "eats-memory"},
             .memory_limit_bytes = 400'000'000});
  ASSERT_TRUE(runner->describe(kPatientSeconds));
  ASSERT_TRUE(runner->load(load_request(), kPatientSeconds));
  const auto steps = step(*runner);
  ASSERT_FALSE(steps);
  EXPECT_EQ(steps.error().outcome, Outcome::failed) << steps.error().message;
  EXPECT_EQ(steps.error().reason, Reason::memory);
  EXPECT_NE(steps.error().message.find("the limit for a contestant is 0.40 GB"), std::string::npos)
      << steps.error().message;
  EXPECT_EQ(processes_with(runner->marker()), 0);
}

TEST_F(Runners, MemoryWithinTheLimitIsNobodysBusiness) {
  auto runner = start({.argv = {"python3", std::string(source_tree()) + "/frameworks/fake/runner.py", "slow"},
                       .memory_limit_bytes = 400'000'000});
  ASSERT_TRUE(runner->describe(kPatientSeconds));
  ASSERT_TRUE(runner->load(load_request(), kPatientSeconds));
  EXPECT_TRUE(step(*runner, 2));
}

TEST_F(Runners, MemoryAndThreadsAreCounted) {
  auto runner =
      start({.argv = {"python3", "-c",
                      "import threading, time; x = bytearray(b'1') * (200 << 20); time.sleep(0.5); "
                      "threading.Thread(target=time.sleep, args=(60,)).start(); time.sleep(0.5); del x; "
                      "print('freed', flush=True); time.sleep(60)"}});
  PeakSampler sampler(*runner, 0.002);
  const auto answered = runner->describe(kPatientSeconds);  // returns when 'freed' comes
  const Usage peak = sampler.stop();
  ASSERT_TRUE(peak.pss_bytes && peak.anonymous_bytes && peak.file_bytes);
  EXPECT_GT(*peak.anonymous_bytes, int64_t{200} << 20);
  EXPECT_LT(*peak.anonymous_bytes, int64_t{260} << 20);
  EXPECT_GT(*peak.file_bytes, 0);
  EXPECT_GE(*peak.pss_bytes, *peak.anonymous_bytes + *peak.file_bytes - 4096);
  EXPECT_GE(peak.threads, 2);
}

TEST_F(Runners, WhatAChildComputedIsNoTimeOfTheKernel) {
  auto runner = start({.argv = {"sh", "-c", "python3 -c 'for i in range(10**7): pass'; sleep 60"}});
  Processors used;
  for (int i = 0; i < 1000 && used.cpu_ns.value_or(0) < 200'000'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    used = runner->processors();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // the child has ended and was waited for
  used = runner->processors();
  ASSERT_GE(used.cpu_ns.value_or(0), 200'000'000);
  EXPECT_LT(used.kernel_ns.value_or(INT64_MAX), *used.cpu_ns / 2);
}

// Five processes on one CPU: each waits while another computes.
TEST_F(Runners, TheTimeThatThreadsStandReadyIsCounted) {
  auto runner = start({.argv = {"sh", "-c", "for i in 1 2 3 4 5; do while :; do :; done & done; sleep 60"},
                       .cpus = {::sched_getcpu()}});
  Processors used;
  for (int i = 0; i < 1000 && used.cpu_ns.value_or(0) < 500'000'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    used = runner->processors();
  }
  ASSERT_TRUE(used.waited_ns && used.cpu_ns);
  EXPECT_GT(*used.waited_ns, 2 * *used.cpu_ns);
}

}  // namespace
}  // namespace assay::runner
