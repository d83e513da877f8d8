#include "verify/deferred.h"

#include <gtest/gtest.h>

#include <array>

namespace assay::verify {
namespace {

std::string judged(const OutputsCost& cost) { return deferred_work(std::array{cost}); }

TEST(DeferredWork, WritingIsNoWork) {
  EXPECT_EQ(judged({.step_cpu_s = 0.4, .outputs_user_s = 0.05, .bytes = 25e6}), "");
  EXPECT_EQ(judged({.step_cpu_s = 1.2, .outputs_user_s = 1.0, .bytes = 540e6}), "");
  EXPECT_EQ(judged({.step_cpu_s = 0.001, .outputs_user_s = 0.03, .bytes = 1e5}), "") << "a small model";
}

TEST(DeferredWork, AStepIs) {
  EXPECT_NE(judged({.step_cpu_s = 1e-5, .outputs_user_s = 0.45, .bytes = 25e6}), "");
  EXPECT_NE(judged({.step_cpu_s = 0.1, .outputs_user_s = 5, .bytes = 540e6}), "");
}

TEST(DeferredWork, LessThanAStepIsNot) {
  EXPECT_EQ(judged({.step_cpu_s = 3, .outputs_user_s = 2, .bytes = 25e6}), "");
}

TEST(DeferredWork, ItIsPutOffEveryTime) {
  const OutputsCost work{.step_cpu_s = 0.1, .outputs_user_s = 5, .bytes = 540e6};
  const OutputsCost writing{.step_cpu_s = 1.2, .outputs_user_s = 1.0, .bytes = 540e6};
  EXPECT_NE(deferred_work(std::array{work, work}), "");
  EXPECT_EQ(deferred_work(std::array{work, writing}), "") << "a disturbance";
  EXPECT_EQ(deferred_work({}), "");
}

}  // namespace
}  // namespace assay::verify
