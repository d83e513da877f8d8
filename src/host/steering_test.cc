#include "host/steering.h"

#include <gtest/gtest.h>

#include <set>

namespace assay::host {
namespace {

TEST(Steering, RunnersDoWithoutWhatSteersFrameworks) {
  const Variables given = {
      {"OMP_NUM_THREADS", "1"}, {"OMP_PLACES", "cores"},      {"GOMP_CPU_AFFINITY", "0"},
      {"KMP_AFFINITY", "x"},    {"MKL_NUM_THREADS", "1"},     {"OPENBLAS_NUM_THREADS", "1"},
      {"PATH", "/bin"},         {"OPENBLAS_CORETYPE", "Zen"}, {"HOME", "/root"}};
  const RunnerEnvironment result = runner_environment(given, {});
  EXPECT_EQ(result.unset,
            (std::vector<std::string>{"GOMP_CPU_AFFINITY", "KMP_AFFINITY", "MKL_NUM_THREADS",
                                      "OMP_NUM_THREADS", "OMP_PLACES", "OPENBLAS_NUM_THREADS"}));
  EXPECT_EQ(result.kept, (Variables{{"OPENBLAS_CORETYPE", "Zen"}})) << "it guards against crashes";
}

TEST(Steering, WhatTheUserMeansIsKept) {
  const Variables given = {{"OMP_PLACES", "cores"}, {"OMP_NUM_THREADS", "1"}, {"MY_OWN", "2"}};
  const RunnerEnvironment result = runner_environment(given, {"OMP_PLACES", "MY_OWN"});
  EXPECT_EQ(result.kept, (Variables{{"OMP_PLACES", "cores"}, {"MY_OWN", "2"}}));
  EXPECT_EQ(result.unset, std::vector<std::string>{"OMP_NUM_THREADS"});
}

// One of them takes the runner's own folder from where it imports, another the checks out of its code.
TEST(Steering, RunnersGetAPlainPython) {
  const Variables given = {
      {"PYTHONOPTIMIZE", "2"}, {"PYTHONSAFEPATH", "1"}, {"PYTHON_GIL", "0"}, {"PYTHONWARNINGS", "error"}};
  EXPECT_EQ(runner_environment(given, {}).unset.size(), given.size());
}

TEST(Steering, EveryLineOfTheTableHasAReasonAndIsReached) {
  std::set<std::string> seen;
  for (const Steering& each : steering()) {
    EXPECT_GT(std::string_view(each.reason).size(), 5u) << each.beginning;
    EXPECT_TRUE(seen.insert(each.beginning).second) << each.beginning;
    EXPECT_EQ(steering_of(std::string(each.beginning) + "X"), &each) << "a line above hides it";
  }
  EXPECT_EQ(steering_of("PATH"), nullptr);
}

TEST(Steering, TheGivenEnvironmentIsThisProcesss) {
  ::setenv("ASSAY_TEST_GIVEN", "here", 1);
  EXPECT_EQ(given_environment().at("ASSAY_TEST_GIVEN"), "here");
  ::unsetenv("ASSAY_TEST_GIVEN");
}

}  // namespace
}  // namespace assay::host
