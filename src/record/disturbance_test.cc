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

}  // namespace
}  // namespace assay::record
