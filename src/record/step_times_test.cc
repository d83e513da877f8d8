#include "record/step_times.h"

#include <gtest/gtest.h>

namespace assay::record {
namespace {

TEST(StepTimes, AnHonestClockIsTaken) {
  const Visit visit{.samples_ns = {5'000'000, 6'000'000}, .requests = {{1, 5'040'000}, {1, 6'050'000}}};
  EXPECT_EQ(step_times_ns(visit), (std::vector<double>{5e6, 6e6}));
}

TEST(StepTimes, WhatTheCoreSawBoundsAClockThatLeavesSomethingOut) {
  EXPECT_EQ(step_times_ns({.samples_ns = {5'000'000}, .requests = {{1, 6'000'000}}}),
            (std::vector<double>{5.94e6}));
  EXPECT_EQ(step_times_ns({.samples_ns = {50'000'000}, .requests = {{1, 60'000'000}}}),
            (std::vector<double>{59.7e6}));
}

TEST(StepTimes, StepsOfOneRequestShareItsTimeHoweverItsSamplesAreSpread) {
  const Visit visit{.samples_ns = {1'000'000, 9'000'000}, .requests = {{2, 10'000'000}}};
  EXPECT_EQ(step_times_ns(visit), (std::vector<double>{5e6, 5e6}));
}

TEST(StepTimes, WorkDoneWhenInputsCameCounts) {
  const Visit visit{.samples_ns = {1000, 1000}, .requests = {{2, 2000}}, .sets = 4, .ahead_ns = 40'000'000};
  EXPECT_EQ(step_times_ns(visit), (std::vector<double>{10'001'000, 10'001'000}));
}

TEST(StepTimes, VisitsOfOldRunsGiveTheirSamples) {
  EXPECT_EQ(step_times_ns({.samples_ns = {3, 4}}), (std::vector<double>{3, 4}));
}

}  // namespace
}  // namespace assay::record
