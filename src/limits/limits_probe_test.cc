#include "limits/limits_probe.h"

#include <gtest/gtest.h>

namespace assay::limits {
namespace {

record::Limits machine() {
  record::Limits limits{.measured = "then", .threads = 2};
  limits.peaks = {
      {"f32", 2e11, "oneDNN brg", {{"OpenBLAS", "OpenBLAS Zen", 1e11}, {"oneDNN", "oneDNN brg", 2e11}}},
      {"bf16", {}, "no kernels", {{"oneDNN", "no kernels", {}}}}};
  limits.bandwidth = {{1 << 20, 1e11, {{"ascending", 2, 1e11}, {"streams-2", 2, 9e10}}},
                      {1 << 28, 3e10, {{"ascending", 2, 2e10}, {"streams-4", 1, 3e10}}}};
  return limits;
}

TEST(LimitsProbe, LooksAtTheQuickestAndThePlainestOfWhatTheLimitRestsOn) {
  const std::vector<std::string> types = {"f32", "bf16", "tf32"};
  const Probe probe = probe_for(machine(), 4 << 20, types);
  EXPECT_EQ(words_of(probe),
            (std::vector<std::string>{"read:1048576:ascending:2", "read:268435456:streams-4:1",
                                      "read:268435456:ascending:2", "product:f32:oneDNN"}));
}

TEST(LimitsProbe, IsReadBackFromItsWords) {
  const std::vector<std::string> words = {"read:4096:to-and-fro:3", "product:bf16:oneDNN"};
  const auto probe = probe_from(words);
  ASSERT_TRUE(probe);
  EXPECT_EQ(words_of(*probe), words);
  for (const std::string word :
       {"", "read:1:a", "read:x:ascending:1", "read:-4096:ascending:1", "product:f32", "write:1:a:1"})
    EXPECT_FALSE(probe_from(std::vector{word})) << word;
}

TEST(LimitsProbe, MeasuresWhatItIsAskedFor) {
  const Probe probe{{{1 << 16, "ascending", 1}}, {{"f32", "oneDNN"}, {"f64", "nobody"}}};
  const record::Limits look = measure_probe(probe, 1);
  ASSERT_EQ(look.bandwidth.size(), 1U);
  EXPECT_GT(look.bandwidth[0].bytes_per_s, 1e7);
  ASSERT_EQ(look.peaks.size(), 2U);
  EXPECT_EQ(look.peaks[0].products[0].library, "oneDNN");
  EXPECT_FALSE(look.peaks[1].flop_per_s);
  EXPECT_EQ(look.peaks[1].source, "nobody computes nothing in f64 here");
  EXPECT_FALSE(look.measured.empty());
}

}  // namespace
}  // namespace assay::limits
