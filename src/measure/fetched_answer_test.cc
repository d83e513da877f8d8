#include "measure/fetched_answer.h"

#include <gtest/gtest.h>

#include "host/host.h"

namespace assay::measure {
namespace {

constexpr int64_t kMs = 1'000'000;

// 100 ms in which the runner computed, its threads waited, and all of the machine computed, hypervisor apart.
int64_t kept(int64_t own_ms, int64_t waited_ms, int64_t busy_ms, int64_t stolen_ms = 0) {
  Moment before{.snapshot = {.cpu_ticks = 0, .steal_ticks = 0, .busy_ticks = 0, .tick_us = 1000},
                .processors = {.cpu_ns = 0, .waited_ns = 0}};
  Moment after = before;
  after.snapshot.taken_ns = 100 * kMs;
  after.snapshot.cpu_ticks = 100 * host::online_cpus();
  after.snapshot.steal_ticks = stolen_ms;
  after.snapshot.busy_ticks = busy_ms;
  after.processors = {.cpu_ns = own_ms * kMs, .waited_ns = waited_ms * kMs};
  return kept_waiting_ns(before, after) / kMs;
}

TEST(KeptWaiting, IsTheTimeThatThreadsStoodReadyWhileOthersComputed) {
  EXPECT_EQ(kept(60, 40, 160), 40);
  EXPECT_EQ(kept(60, 0, 160), 0) << "others had a CPU of their own";
}

TEST(KeptWaiting, ThreadsThatWaitForEachOtherWaitForNobodyElse) {
  EXPECT_EQ(kept(100, 100, 100), 0);
  EXPECT_EQ(kept(100, 100, 110), 0);
  // On a large machine others compute elsewhere: many threads of a liar's that put off its work are no
  // excuse.
  EXPECT_EQ(kept(90, 100, 3000), 10);
  EXPECT_EQ(kept(1600, 3000, 6000), 0);
}

TEST(KeptWaiting, WhatTheHypervisorTookFromOthersIsNoExcuse) {
  EXPECT_EQ(kept(0, 0, 6000, 300), 0);
  EXPECT_EQ(kept(100, 0, 200, 30), 15);
  EXPECT_EQ(kept(1600, 0, 3200, 320), 10);
}

TEST(KeptWaiting, WhatTheHypervisorTookCounts) { EXPECT_EQ(kept(100, 0, 100, 30), 30); }

TEST(KeptWaiting, IsNothingWhereTheSystemDoesNotTell) {
  Moment before, after;
  after.snapshot.taken_ns = 100 * kMs;
  EXPECT_EQ(kept_waiting_ns(before, after), 0);
  before.processors.waited_ns = 0;
  after.processors.waited_ns = 50 * kMs;
  EXPECT_EQ(kept_waiting_ns(before, after), 0) << "nobody knows what others did";
}

}  // namespace
}  // namespace assay::measure
