#include "record/disturbance.h"

#include <gtest/gtest.h>

namespace assay::record {
namespace {

TEST(Disturbance, NeedsAnotherProcessThatMakesThemWait) {
  EXPECT_FALSE(disturbed({}));
  EXPECT_FALSE(disturbed({.cpu_pressure = 0.5, .other_cpus = 0.02})) << "a runner with too many threads";
  EXPECT_FALSE(disturbed({.cpu_pressure = 0.02, .other_cpus = 3})) << "others had CPUs of their own";
  EXPECT_TRUE(disturbed({.cpu_pressure = 0.5, .other_cpus = 0.5}));
  EXPECT_TRUE(disturbed({.cpu_pressure = 0.5})) << "whose doing it was is not known";
  EXPECT_TRUE(disturbed({.steal = 0.03}));
  EXPECT_FALSE(disturbed({.steal = 0.01}));
}

TEST(Disturbance, AQuotaThatIsUsedUpStopsTheContestant) {
  EXPECT_TRUE(disturbed({.throttled = 1}));
  EXPECT_FALSE(disturbed({.throttled = 0}));
}

TEST(ExcusedShare, OnlyWhatOthersTookCounts) {
  EXPECT_DOUBLE_EQ(excused_share({}, 2), 0);
  EXPECT_DOUBLE_EQ(excused_share({.cpu_pressure = 0.9, .other_cpus = 0.02}, 2), 0.01)
      << "the runner's own surplus threads, SCHED_IDLE spinners too";
  EXPECT_DOUBLE_EQ(excused_share({.cpu_pressure = 0.9, .other_cpus = 1}, 2), 0.5);
  EXPECT_DOUBLE_EQ(excused_share({.cpu_pressure = 0.03, .other_cpus = 1}, 2), 0.03)
      << "others had CPUs of their own";
  EXPECT_DOUBLE_EQ(excused_share({.cpu_pressure = 0.9}, 2), 0) << "whose doing it was is not known";
  EXPECT_DOUBLE_EQ(excused_share({.steal = 0.04}, 2), 0.04);
  EXPECT_DOUBLE_EQ(excused_share({.cpu_pressure = 0.5, .steal = 0.8, .other_cpus = 2}, 2), 1);
  EXPECT_DOUBLE_EQ(excused_share({.cpu_pressure = 0.5, .other_cpus = 1}, 0), 0.5) << "one CPU at least";
}

}  // namespace
}  // namespace assay::record
