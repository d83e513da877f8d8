#include "verify/deferred.h"

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

TEST(DeferredWork, WritingIsNoWork) {
  EXPECT_EQ(deferred_work({.step_cpu_s = 0.4, .outputs_cpu_s = 0.05, .bytes = 25e6}), "");
  EXPECT_EQ(deferred_work({.step_cpu_s = 1.2, .outputs_cpu_s = 1.0, .bytes = 540e6}), "");
  EXPECT_EQ(deferred_work({.step_cpu_s = 0.001, .outputs_cpu_s = 0.03, .bytes = 1e5}), "") << "a small model";
}

TEST(DeferredWork, AStepIs) {
  EXPECT_NE(deferred_work({.step_cpu_s = 1e-5, .outputs_cpu_s = 0.45, .bytes = 25e6}), "");
  EXPECT_NE(deferred_work({.step_cpu_s = 0.1, .outputs_cpu_s = 5, .bytes = 540e6}), "");
}

TEST(DeferredWork, LessThanAStepIsNot) {
  EXPECT_EQ(deferred_work({.step_cpu_s = 3, .outputs_cpu_s = 2, .bytes = 25e6}), "");
}

}  // namespace
}  // namespace assay::verify
