#include "record/limits.h"

#include <gtest/gtest.h>

namespace assay::record {
namespace {

TEST(Limits, KeepAllTheirFigures) {
  Limits limits{.measured = "2026-11-25T00:00:00Z", .threads = 2, .disturbed = true};
  limits.peaks = {{"f32", 1e11, "oneDNN jit", {{"OpenBLAS", "OpenBLAS Zen", 9e10}, {"oneDNN", "none", {}}}}};
  limits.levels = {{"L1", 32768, 2e11, 16384}, {"DRAM", std::nullopt, 3e10, 1 << 28}};
  limits.bandwidth = {{4096, 2e11, {{"ascending", 1, 1e11}, {"streams-2", 2, 2e11}}}};
  limits.large_pages = 0.5;
  const auto read = limits_from_json(limits_to_json(limits));
  ASSERT_TRUE(read);
  EXPECT_EQ(limits_to_json(*read), limits_to_json(limits));
  EXPECT_EQ(read->peaks[0].products[0].flop_per_s, 9e10);
  EXPECT_FALSE(read->peaks[0].products[1].flop_per_s);
  EXPECT_EQ(read->bandwidth[0].readings[1].kernel, "streams-2");
  EXPECT_EQ(read->levels[0].read_bytes, 16384);
  EXPECT_EQ(read->large_pages, 0.5);
}

TEST(Limits, OfOlderRunsAreRead) {
  const auto read = limits_from_json(
      R"({"measured": "then", "threads": 2, "peaks": [{"precision": "f32", "flop_per_s": 1e11, "source": "OpenBLAS Zen"},
          {"precision": "bf16", "flop_per_s": null, "source": "no kernels"}], "levels": [{"level": "DRAM", "bytes": null,
          "bytes_per_s": 3e10}], "bandwidth": [{"bytes": 4096, "bytes_per_s": 2e11}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->flop_per_s("f32"), 1e11);
  EXPECT_FALSE(read->flop_per_s("bf16"));
  EXPECT_TRUE(read->bandwidth[0].readings.empty());
  EXPECT_FALSE(read->large_pages);
  EXPECT_FALSE(read->disturbed);
}

TEST(Limits, OtherTextIsNone) { EXPECT_FALSE(limits_from_json("{}")); }

}  // namespace
}  // namespace assay::record
