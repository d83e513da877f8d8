#include "decide/step_faults.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::decide {
namespace {

// A visit of two requests, for one step and for eight.
record::Visit visit_of(int64_t alone_ns, int64_t eight_ns) {
  record::Visit visit{.requests = {{1, alone_ns}, {8, eight_ns}}, .sets = 9};
  visit.samples_ns.push_back(alone_ns);
  visit.samples_ns.insert(visit.samples_ns.end(), 8, eight_ns / 8);
  return visit;
}

TEST(StepFaults, HonestStepsTakeWhatTheyTakeAloneOrNot) {
  EXPECT_EQ(step_fault(std::vector<record::Visit>(12, visit_of(2'000'000, 16'000'000))), "");
  EXPECT_EQ(step_fault(std::vector<record::Visit>(12, visit_of(3'000'000, 16'000'000))), "")
      << "a device that wakes";
}

TEST(StepFaults, AlwaysOnlyTheLastStepOfARequestIsSeen) {
  const auto fault = step_fault(std::vector<record::Visit>(12, visit_of(2'000'000, 2'000'000)));
  EXPECT_TRUE(fault.starts_with("steps left out")) << fault;
}

TEST(StepFaults, AFewSlowSingleStepsAreNoFault) {
  std::vector<record::Visit> visits(12, visit_of(2'000'000, 16'000'000));
  for (int i = 0; i < 8; ++i) visits[static_cast<size_t>(i)] = visit_of(30'000'000, 16'000'000);
  EXPECT_EQ(step_fault(visits), "");
  EXPECT_EQ(step_fault(std::vector<record::Visit>(3, visit_of(2'000'000, 2'000'000))), "") << "too few";
}

// A busy machine: the core sees the end of most single steps late, the runner's clock did not.
TEST(StepFaults, ACoreThatWokeUpLateMakesNobodySkipSteps) {
  std::vector<record::Visit> visits(12, visit_of(2'000'000, 16'000'000));
  for (auto& visit : visits) visit.requests[0].ns = 10'000'000;
  EXPECT_EQ(step_fault(visits), "");
  for (size_t i = 0; i < 10; ++i) visits[i] = visit_of(10'000'000, 16'000'000);
  EXPECT_EQ(step_fault(visits), "") << "nor do others that take most single steps their CPU";
}

TEST(StepFaults, WorkDoneWhenInputsComeIsSeen) {
  std::vector<record::Visit> visits(12, visit_of(1000, 8000));
  for (auto& visit : visits) visit.ahead_ns = 9 * 2'000'000;
  const auto fault = step_fault(visits);
  EXPECT_TRUE(fault.starts_with("work done before the clock")) << fault;
  for (size_t i = 0; i < 8; ++i) visits[i].ahead_ns = 0;
  EXPECT_EQ(step_fault(visits), "") << "a disturbance now and then";
}

TEST(StepFaults, OldVisitsHaveNone) {
  EXPECT_EQ(step_fault(std::vector<record::Visit>(12, record::Visit{.samples_ns = {1, 2, 3}})), "");
}

}  // namespace
}  // namespace assay::decide
