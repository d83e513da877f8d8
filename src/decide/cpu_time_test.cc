#include "decide/cpu_time.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::decide {
namespace {

struct Taken {
  double cpu_ms, window_ms;
};

std::vector<record::Visit> visits_of(const std::vector<Taken>& series) {
  std::vector<record::Visit> visits;
  for (const Taken& each : series)
    visits.push_back({.batch_ns = static_cast<int64_t>(each.window_ms * 1e6),
                      .cpu_ns = static_cast<int64_t>(each.cpu_ms * 1e6),
                      .cpu_window_ns = static_cast<int64_t>(each.window_ms * 1e6)});
  return visits;
}

TEST(CpuTime, TwoCpusWhereOneWasAllowed) {
  EXPECT_EQ(too_much_cpu_time(visits_of({{800, 402}, {790, 400}, {805, 401}}), 1),
            "used 2.0 CPUs where 1 thread was allowed, in 3 of 3 visits");
  EXPECT_EQ(too_much_cpu_time(visits_of({{1600, 400}, {1600, 400}}), 2),
            "used 4.0 CPUs where 2 threads were allowed, in 2 of 2 visits");
  EXPECT_NE(too_much_cpu_time(visits_of({{455, 400}, {455, 400}}), 1), "") << "an eighth more is more";
}

TEST(CpuTime, OnceIsALateReading) {
  EXPECT_EQ(too_much_cpu_time(visits_of({{800, 400}}), 1), "");
  EXPECT_EQ(too_much_cpu_time(visits_of({{800, 400}, {400, 400}}), 1), "");
  EXPECT_EQ(too_much_cpu_time(visits_of({{800, 400}, {800, 400}, {400, 400}, {400, 400}, {400, 400}}), 1), "")
      << "two, but less than half";
  EXPECT_NE(too_much_cpu_time(visits_of({{800, 400}, {800, 400}, {400, 400}}), 1), "");
}

TEST(CpuTime, WhatIsNotKnownCondemnsNobody) {
  EXPECT_EQ(too_much_cpu_time({}, 1), "");
  std::vector<record::Visit> old = visits_of({{800, 400}, {800, 400}});
  for (record::Visit& visit : old) visit.cpu_window_ns.reset();
  EXPECT_EQ(too_much_cpu_time(old, 1), "");
}

TEST(CpuTime, TimeThatWasBroughtUpToDateLateIsWithinATick) {
  EXPECT_EQ(too_much_cpu_time(visits_of({{25, 20}, {28, 20}}), 1), "") << "a visit of one short step";
  EXPECT_EQ(too_much_cpu_time(visits_of({{420, 400}, {419, 400}}), 1), "");
}

// The visits of docs/results that come nearest to too much, two threads each; the window is the core's clock
// around the steps alone, which is shorter.
TEST(CpuTime, HonestRunnersPass) {
  const std::vector<std::pair<const char*, Taken>> recorded = {
      {"a pool of OpenMP that spins", {1617.93, 808.43}},
      {"another, likewise", {873.78, 436.78}},
      {"four threads of which two wait for work", {827.74, 412.45}},
      {"four threads with Python's and autograd's", {804.53, 400.98}},
      {"compiled operators, inference", {890.64, 444.22}},
      {"twelve threads with those of its compiler", {1125.73, 569.13}}};
  for (const auto& [who, taken] : recorded)
    EXPECT_EQ(too_much_cpu_time(visits_of({taken, taken, taken}), 2), "") << who;
}

}  // namespace
}  // namespace assay::decide
