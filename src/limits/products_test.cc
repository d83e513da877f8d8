#include "limits/products.h"

#include <gtest/gtest.h>

namespace assay::limits {
namespace {

TEST(Products, TheBestCountsAndAllAreKept) {
  const auto peak = peak_of("f32", {{"a", "a's kernels", 1e9}, {"b", "b's kernels", 2e9}, {"c", "none", {}}});
  EXPECT_EQ(peak.flop_per_s, 2e9);
  EXPECT_EQ(peak.source, "b's kernels");
  EXPECT_EQ(peak.products.size(), 3U);
}

TEST(Products, WithoutAnyTheReasonsAreSaid) {
  const auto peak = peak_of("f32", {{"a", "a has none", {}}, {"b", "b has none", {}}});
  EXPECT_FALSE(peak.flop_per_s);
  EXPECT_EQ(peak.source, "a has none; b has none");
}

TEST(Products, AreOfEveryPrecisionByEveryLibraryThatHasIt) {
  const auto peaks = measure_peaks(1, 0.001);
  ASSERT_EQ(peaks.size(), 3U);
  EXPECT_EQ(peaks[0].products.size(), 2U) << "f32 by OpenBLAS and by oneDNN";
  for (const auto& peak : peaks) EXPECT_TRUE(peak.flop_per_s || !peak.source.empty()) << peak.precision;
}

}  // namespace
}  // namespace assay::limits
