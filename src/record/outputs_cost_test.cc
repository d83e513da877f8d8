#include "record/outputs_cost.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::record {
namespace {

constexpr int64_t kMs = 1'000'000;

std::vector<OutputsCost> times(size_t count, const OutputsCost& cost) { return {count, cost}; }

const OutputsCost kHonest{
    .parts_ns = 3 * kMs, .second_ns = 3 * kMs, .copy_ns = 1 * kMs, .tensors = 4, .step_ns = 20e6};
const OutputsCost kLazy{
    .parts_ns = 23 * kMs, .second_ns = 3 * kMs, .copy_ns = 1 * kMs, .tensors = 4, .step_ns = 1e4};
// Computes whenever it is asked.
const OutputsCost kTwice{
    .parts_ns = 23 * kMs, .second_ns = 23 * kMs, .copy_ns = 1 * kMs, .tensors = 4, .step_ns = 1e4};

TEST(PutOff, HonestOutputsPassHoweverOftenTheyAreAskedFor) {
  EXPECT_EQ(work_put_off(times(50, kHonest)), "");
}

TEST(PutOff, WorkLeftForTheFirstTimeIsSeen) {
  EXPECT_NE(work_put_off(times(5, kLazy)), "");
  EXPECT_NE(work_put_off(times(5, kTwice)), "");
}

TEST(PutOff, AFewQuestionsOrAFewDisturbancesCondemnNobody) {
  EXPECT_EQ(work_put_off(times(4, kLazy)), "");
  auto mixed = times(6, kHonest);
  for (int i = 0; i < 4; ++i) mixed.push_back(kLazy);
  EXPECT_EQ(work_put_off(mixed), "");
  for (int i = 0; i < 6; ++i) mixed.push_back(kLazy);
  EXPECT_NE(work_put_off(mixed), "");
}

TEST(PutOff, OnAMachineThatOthersKeepBusyTheTimeThatWasComputedCounts) {
  OutputsCost waits = kTwice;
  waits.others = 0.9;
  waits.first_cpu_ns = waits.second_cpu_ns = 10 * kMs;  // a tick
  EXPECT_EQ(work_put_off(times(20, waits)), "") << "it waited for a CPU";
  OutputsCost lazy = waits;
  lazy.first_cpu_ns = 40 * kMs;
  EXPECT_NE(work_put_off(times(20, lazy)), "");
  OutputsCost twice = lazy;
  twice.second_cpu_ns = 40 * kMs;
  EXPECT_NE(work_put_off(times(20, twice)), "");
}

TEST(PutOff, WhereNobodyKnowsThatTimeAQuestionTellsNothing) {
  OutputsCost waits = kTwice;
  waits.others = 0.9;
  EXPECT_EQ(work_put_off(times(20, waits)), "");
  auto mixed = times(20, waits);
  mixed.insert(mixed.end(), 5, kLazy);
  EXPECT_NE(work_put_off(mixed), "") << "those that tell something count";
}

TEST(PutOff, TheTimeOfTheKernelIsKnownToItsTicksOnly) {
  // Two seconds of the kernel's time, left out, of which a hundredth was the runner's own.
  OutputsCost busy = kTwice;
  busy.kernel_ns = 2000 * kMs;
  EXPECT_EQ(work_put_off(times(6, busy)), "");
  EXPECT_EQ(work_put_off(times(50, busy)), "");
  // A tick that fell on it once in a while explains a few ms, not the same 20 ms each time.
  OutputsCost lazy = kLazy;
  lazy.kernel_ns = 10 * kMs;
  EXPECT_NE(work_put_off(times(6, lazy)), "");
  EXPECT_NE(work_put_off(times(50, lazy)), "");
}

TEST(PutOff, AQuestionIsSuspiciousWhereOneTickOfTheKernelHidesTheWork) {
  OutputsCost hidden = kLazy;
  hidden.parts_ns = 3 * kMs;
  EXPECT_FALSE(put_off(hidden));
  hidden.kernel_ns = 20 * kMs;
  EXPECT_TRUE(put_off(hidden));
  hidden.kernel_ns = 2000 * kMs;
  EXPECT_FALSE(put_off(hidden)) << "that is no tick";
}

TEST(PutOff, ADeviceThatNobodyWaitedForIsSeenWithoutProcessorTime) {
  // A quarter of a step of 100 ms is what may still be under way.
  OutputsCost async{
      .parts_ns = 27 * kMs, .second_ns = 1 * kMs, .copy_ns = 1 * kMs, .tensors = 1, .step_ns = 100e6};
  EXPECT_NE(work_put_off(times(5, async)), "");
  async.parts_ns = 20 * kMs;
  EXPECT_EQ(work_put_off(times(5, async)), "");
}

TEST(PutOff, LargeOutputsMayTakeWhatWritingThemTakes) {
  // 538 MB: an honest runner wrote them in 1.4 s where the core copied the file in 0.6 s.
  EXPECT_FALSE(put_off({.parts_ns = 1500 * kMs,
                        .second_ns = 1400 * kMs,
                        .copy_ns = 600 * kMs,
                        .tensors = 274,
                        .step_ns = 1264e6}));
  EXPECT_TRUE(put_off({.parts_ns = 2700 * kMs,
                       .second_ns = 1400 * kMs,
                       .copy_ns = 600 * kMs,
                       .tensors = 274,
                       .step_ns = 420e6}));
  EXPECT_TRUE(put_off({.parts_ns = 2700 * kMs,
                       .second_ns = 2700 * kMs,
                       .copy_ns = 600 * kMs,
                       .tensors = 274,
                       .step_ns = 420e6}));
}

}  // namespace
}  // namespace assay::record
