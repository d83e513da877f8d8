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
record::ContestantResult entry(std::string framework, double ms, const record::StepLimit& limit) {
  record::ContestantResult result;
  result.contestant = {std::move(framework), "lazy", "cpu", "1"};
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
  EXPECT_DOUBLE_EQ(*measured_limit_ms(compute), 10);
  EXPECT_DOUBLE_EQ(*measured_limit_ms(with_limits(work(1e8, 64e6), machine(), "f32")), 3.2);
}

TEST(Limit, WithoutAPeakForThePrecisionThereIsNone) {
  const auto limit = with_limits(work(1e9, 64e6), machine(), "bf16");
  EXPECT_FALSE(measured_limit_ms(limit));
  std::vector<record::ContestantResult> cell = {entry("a", 1e-3, limit), entry("b", 1e-3, limit)};
  EXPECT_EQ(source_of_limit(Summary{.result = &cell[0]}), "");
  const auto summaries = summarise(cell, std::nullopt);
  EXPECT_FALSE(beyond_measured_limit(summaries[0]));
  EXPECT_FALSE(summaries[0].raised_limit_ms);
}

// 10 ms by the machine's figures.
record::StepLimit ten_ms() { return with_limits(work(1e9, 1e6), machine(), "f32"); }

TEST(Limit, OneFrameworkBeyondItIsShownAndNotJudged) {
  std::vector<record::ContestantResult> cell = {entry("a", 5, ten_ms()), entry("a", 6, ten_ms()),
                                                entry("b", 20, ten_ms())};
  cell[1].contestant.variant = "other";
  const auto summaries = summarise(cell, std::nullopt);
  EXPECT_EQ(cell[0].accuracy.verdict, record::Verdict::exact);
  EXPECT_TRUE(beyond_measured_limit(summaries[0]));
  EXPECT_FALSE(summaries[0].raised_limit_ms) << "two variants are one framework";
  EXPECT_DOUBLE_EQ(*share_of_limit(summaries[0]), 2);
  EXPECT_EQ(summaries[2].ratio_to, "a/lazy@cpu") << "it counts like any other";
  EXPECT_DOUBLE_EQ(*share_of_limit(summaries[2]), 0.5);
  EXPECT_EQ(source_of_limit(summaries[2]), "measured");
}

TEST(Limit, TwoFrameworksBeyondItRaiseItToTheSecondQuickest) {
  std::vector<record::ContestantResult> cell = {
      entry("a", 5, ten_ms()), entry("b", 9, ten_ms()), entry("c", 8, ten_ms()), entry("d", 16, ten_ms()),
      entry("e", 16, with_limits(work(2e9, 1e6), machine(), "f32"))};
  const auto summaries = summarise(cell, std::nullopt);
  for (int i = 0; i < 4; ++i) EXPECT_DOUBLE_EQ(*limit_ms(summaries[i]), 8) << i;
  EXPECT_DOUBLE_EQ(*measured_limit_ms(summaries[0]), 10);
  EXPECT_EQ(source_of_limit(summaries[3]), "raised by a and c");
  EXPECT_DOUBLE_EQ(*share_of_limit(summaries[3]), 0.5);
  EXPECT_DOUBLE_EQ(*share_of_limit(summaries[0]), 1.6) << "one alone is still beyond it";
  EXPECT_DOUBLE_EQ(*limit_ms(summaries[4]), 20) << "of another compute type";
  for (const auto& each : cell) EXPECT_EQ(each.accuracy.verdict, record::Verdict::exact);
}

TEST(Limit, OnlyWhoIsRightRaisesIt) {
  std::vector<record::ContestantResult> cell = {entry("a", 5, ten_ms()), entry("b", 9, ten_ms()),
                                                entry("c", 8, ten_ms()), entry("d", 7, ten_ms())};
  cell[1].accuracy.verdict = record::Verdict::wrong;
  cell[2].accuracy.verdict = record::Verdict::unchecked;
  cell[3].failure = record::Failure{record::Outcome::crashed, record::Reason::none, "", {}, ""};
  const auto summaries = summarise(cell, std::nullopt);
  EXPECT_FALSE(summaries[0].raised_limit_ms);
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

TEST(Limit, AShortLookRaisesTheFiguresThatItHas) {
  record::Limits known = machine();
  known.measured = "first";
  known.disturbed = true;
  known.levels = {{"L2", 1 << 20, 1e11, 8'000'000}, {"DRAM", std::nullopt, 2e10, 64'000'000}};
  known.peaks[0].products = {{"OpenBLAS", "OpenBLAS Zen", 1e11}, {"oneDNN", "oneDNN brg", 9e10}};
  known.bandwidth[3].readings = {{"ascending", 2, 2e10}, {"streams-4", 1, 1e10}};
  record::Limits look;
  look.peaks = {{"f32", 1.2e11, "oneDNN brg", {{"oneDNN", "oneDNN brg", 1.2e11}}}};
  look.bandwidth = {{64'000'000, 3e10, {{"streams-4", 1, 3e10}}}};
  const record::Limits both = raised(known, look);
  EXPECT_EQ(both.flop_per_s("f32"), 1.2e11);
  EXPECT_EQ(both.peaks[0].source, "oneDNN brg");
  EXPECT_EQ(both.peaks[0].products[0].flop_per_s, 1e11);
  EXPECT_EQ(both.peaks[0].products[1].flop_per_s, 1.2e11);
  EXPECT_EQ(both.bandwidth[3].bytes_per_s, 3e10);
  EXPECT_EQ(both.bandwidth[3].readings[0].bytes_per_s, 2e10);
  EXPECT_EQ(both.bandwidth[3].readings[1].bytes_per_s, 3e10);
  EXPECT_EQ(both.levels[1].bytes_per_s, 3e10) << "its working set is that one";
  EXPECT_EQ(both.levels[0].bytes_per_s, 1e11);
  EXPECT_TRUE(both.disturbed) << "a short look says nothing of the rest";
}

TEST(Limit, RestsOnTheWorkingSetThatGivesItsRateAndOnTheMemory) {
  const auto bytes = [](double least) {
    std::vector<int64_t> result;
    for (const auto& point : points_of_limit(machine(), least)) result.push_back(point.bytes);
    return result;
  };
  EXPECT_EQ(bytes(10), (std::vector<int64_t>{1'000'000, 64'000'000})) << "what is larger was faster";
  EXPECT_EQ(bytes(9e6), (std::vector<int64_t>{8'000'000, 64'000'000}));
  EXPECT_EQ(bytes(1e9), (std::vector<int64_t>{64'000'000}));
  EXPECT_TRUE(points_of_limit({}, 1).empty());
}

TEST(Limit, NothingIsSaidWithoutALimit) {
  std::vector<record::ContestantResult> cell = {entry("a", 1e-3, {})};
  const auto summaries = summarise(cell, std::nullopt);
  EXPECT_EQ(cell[0].accuracy.verdict, record::Verdict::exact);
  EXPECT_FALSE(share_of_limit(summaries[0]));
}

}  // namespace
}  // namespace assay::decide
