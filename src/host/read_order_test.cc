#include "host/read_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace assay::host {
namespace {

// Writes down what is read, and in which order.
struct Recorder {
  void line(size_t i) { lines.push_back(i); }
  void prefetch(size_t i) { prefetched.push_back(i); }
  std::vector<size_t> lines, prefetched;
};

std::vector<size_t> counted(size_t first, size_t count) {
  std::vector<size_t> result(count);
  std::iota(result.begin(), result.end(), first);
  return result;
}

TEST(ReadOrder, AscendingIsAscending) {
  Recorder recorder;
  read_ascending(recorder, 128);
  EXPECT_EQ(recorder.lines, counted(0, 128));
  EXPECT_TRUE(recorder.prefetched.empty());
}

TEST(ReadOrder, StreamsTakeTurnsAndEachIsAscending) {
  Recorder recorder;
  read_streams<4>(recorder, 128);
  ASSERT_EQ(recorder.lines.size(), 128U);
  for (size_t i = 0; i < 128; ++i) EXPECT_EQ(recorder.lines[i], i % 4 * 32 + i / 4) << i;
  std::ranges::sort(recorder.lines);
  EXPECT_EQ(recorder.lines, counted(0, 128)) << "every line once";
}

TEST(ReadOrder, PrefetchingAsksAheadAndReadsInOrder) {
  Recorder recorder;
  read_prefetching<16>(recorder, 64);
  EXPECT_EQ(recorder.lines, counted(0, 64));
  EXPECT_EQ(recorder.prefetched, counted(16, 64));
}

TEST(ReadOrder, StretchesGoToAndFroAndAreReadUpwards) {
  Recorder to, fro;
  read_stretches(to, 3 * kStretchLines, false);
  EXPECT_EQ(to.lines, counted(0, 3 * kStretchLines));
  read_stretches(fro, 3 * kStretchLines, true);
  std::vector<size_t> expected;
  for (const size_t stretch : {2, 1, 0})
    for (size_t i = 0; i < kStretchLines; ++i) expected.push_back(stretch * kStretchLines + i);
  EXPECT_EQ(fro.lines, expected);
}

}  // namespace
}  // namespace assay::host
