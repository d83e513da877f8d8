#include "decide/limit.h"

#include <gtest/gtest.h>

#include "decide/summary.h"

namespace assay::decide {
namespace {

// 100 GFLOP/s; 1 TB/s up to 1 MB, 100 GB/s at 8 MB, 20 GB/s at 64 MB.
record::Limits machine() {
  record::Limits limits;
  limits.peaks = {{"f32", 1e11, "kernels"}, {"bf16", std::nullopt, "no kernels"}};
  limits.bandwidth = {{100'000, 9e11}, {1'000'000, 1e12}, {8'000'000, 1e11}, {64'000'000, 2e10}};
  return limits;
}

record::StepLimit work(double flops, double bytes) {
  record::StepLimit work;
  work.flops = 2 * flops;
  work.least_flops = flops;
  work.least_bytes = bytes;
  return work;
}

// An entry with ten visits, every step of `ms`.
record::Entry entry(double ms, const record::StepLimit& limit) {
  record::Entry result;
  result.contestant = {"fake", "lazy", "cpu", "1"};
  result.accuracy.verdict = record::Verdict::exact;
  result.limit = limit;
  for (int round = 0; round < 10; ++round) {
    record::Visit visit;
    visit.block = round % 3;
    visit.round = round;
    visit.samples_ns.assign(4, static_cast<int64_t>(ms * 1e6));
    result.visits.push_back(visit);
  }
  return result;
}

TEST(Limit, TakesTheBandwidthOfTheNextSmallerWorkingSet) {
  EXPECT_EQ(bandwidth(machine(), 10), 1e12) << "what is larger was measured faster";
  EXPECT_EQ(bandwidth(machine(), 7'999'999), 1e12);
  EXPECT_EQ(bandwidth(machine(), 8'000'000), 1e11);
  EXPECT_EQ(bandwidth(machine(), 1e12), 2e10);
  EXPECT_FALSE(bandwidth({}, 1));
}

TEST(Limit, IsTheLongerOfArithmeticAndMemory) {
  const auto compute = with_limits(work(1e9, 64e6), machine(), "f32");
  EXPECT_DOUBLE_EQ(*compute.compute_ms, 10);
  EXPECT_DOUBLE_EQ(*compute.memory_ms, 3.2);
  EXPECT_DOUBLE_EQ(*limit_ms(compute), 10);
  EXPECT_DOUBLE_EQ(*limit_ms(with_limits(work(1e8, 64e6), machine(), "f32")), 3.2);
}

TEST(Limit, WithoutAPeakForThePrecisionThereIsNoShareButMemoryStillBounds) {
  const auto limit = with_limits(work(1e9, 64e6), machine(), "bf16");
  EXPECT_FALSE(limit_ms(limit));
  EXPECT_TRUE(impossible(2, limit));
  EXPECT_FALSE(impossible(3, limit));
}

TEST(Limit, AFakeThatSkipsItsWorkIsWrongAndNobodysBaseline) {
  const auto limit = with_limits(work(1e9, 1e6), machine(), "f32");  // 10 ms
  std::vector<record::Entry> cell = {entry(7.6, limit), entry(7.8, limit), entry(20, limit)};
  cell[1].contestant.variant = "fast";
  cell[2].contestant.variant = "slow";
  summarise(cell, std::nullopt);
  EXPECT_EQ(cell[0].accuracy.verdict, record::Verdict::wrong);
  EXPECT_EQ(
      cell[0].accuracy.reason,
      "faster than this machine can be: 7.6 ms a step, where the arithmetic alone takes at least 10 ms");
  EXPECT_EQ(cell[1].accuracy.verdict, record::Verdict::exact) << "within 1.3 of the limit";
  EXPECT_EQ(cell[2].ratio_to, "fake/fast@cpu");
  EXPECT_DOUBLE_EQ(*share_of_limit(cell[2]), 0.5);
}

TEST(Limit, MeasuringAgainOnlyRaises) {
  record::Limits again = machine();
  again.measured = "later";
  again.peaks[0].flop_per_s = 2e11;
  again.bandwidth[1].bytes_per_s = 1;
  again.bandwidth[3].bytes_per_s = 3e10;
  again.disturbed = true;
  const record::Limits both = higher_of(machine(), again);
  EXPECT_FALSE(both.disturbed) << "one was not";
  EXPECT_EQ(both.flop_per_s("f32"), 2e11);
  EXPECT_FALSE(both.flop_per_s("bf16"));
  EXPECT_EQ(both.bandwidth[1].bytes_per_s, 1e12);
  EXPECT_EQ(both.bandwidth[3].bytes_per_s, 3e10);
  EXPECT_EQ(both.measured, "later");
}

TEST(Limit, NothingIsSaidWithoutALimit) {
  std::vector<record::Entry> cell = {entry(1e-3, {})};
  summarise(cell, std::nullopt);
  EXPECT_EQ(cell[0].accuracy.verdict, record::Verdict::exact);
  EXPECT_FALSE(share_of_limit(cell[0]));
}

}  // namespace
}  // namespace assay::decide
