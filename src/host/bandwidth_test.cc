#include "host/bandwidth.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "host/memory_levels.h"
#include "host/sweep.h"

namespace assay::host {
namespace {

struct alignas(64) Stretch {
  std::byte bytes[kStretchBytes];
};

TEST(Sweep, ReadsEveryByteUpwardsAndDownwards) {
  std::vector<Stretch> data(3, Stretch{});
  const std::span<const std::byte> all = std::as_bytes(std::span(data));
  EXPECT_EQ(sweep(all, true), 0U);
  for (const size_t at : {size_t{0}, size_t{77}, kStretchBytes - 1, kStretchBytes, 3 * kStretchBytes - 1}) {
    std::byte& one = data[at / kStretchBytes].bytes[at % kStretchBytes];
    one = std::byte{0x5A};
    EXPECT_EQ(sweep(all, true), uint64_t{0x5A} << (at % 8 * 8)) << at;
    EXPECT_EQ(sweep(all, false), sweep(all, true)) << at;
    one = std::byte{0};
  }
}

TEST(MemoryLevels, GrowAndEndInMemory) {
  const auto levels = memory_levels(1);
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(levels.back().name, "DRAM");
  for (size_t i = 1; i + 1 < levels.size(); ++i) EXPECT_GT(levels[i].bytes, levels[i - 1].bytes);
  EXPECT_LE(memory_levels(1).front().bytes, memory_levels(64).front().bytes);
}

TEST(Bandwidth, IsThatOfBytesReallyRead) {
  // No memory is read at 100 TB/s by two threads, and none at 10 MB/s, however busy the machine.
  for (const int64_t bytes : {int64_t{1} << 15, int64_t{1} << 22}) {
    const auto rate = read_bandwidth(bytes, 2, 0.01);
    ASSERT_TRUE(rate);
    EXPECT_GT(*rate, 1e7) << bytes;
    EXPECT_LT(*rate, 1e14) << bytes;
  }
}

TEST(Bandwidth, HasAPointForEveryLevelAndForDoublingSizes) {
  const auto rates = measure_memory(2, int64_t{64} << 20, 0.001);  // DRAM with 16 MiB
  ASSERT_TRUE(rates);
  for (const auto& level : rates->levels) EXPECT_GT(level.bytes_per_s, 0) << level.name;
  ASSERT_GE(rates->bandwidth.size(), rates->levels.size() + 5);
  for (size_t i = 1; i < rates->bandwidth.size(); ++i)
    EXPECT_GE(rates->bandwidth[i].bytes, rates->bandwidth[i - 1].bytes);
  EXPECT_EQ(rates->bandwidth.front().bytes, 2 * (16 << 10));
}

}  // namespace
}  // namespace assay::host
