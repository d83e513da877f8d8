#include "host/bandwidth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "host/memory_levels.h"
#include "host/read_kernels.h"
#include "host/readers.h"

namespace assay::host {
namespace {

TEST(MemoryLevels, GrowAndEndInMemory) {
  const auto levels = memory_levels(1);
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(levels.back().name, "DRAM");
  for (size_t i = 1; i + 1 < levels.size(); ++i) EXPECT_GT(levels[i].bytes, levels[i - 1].bytes);
  EXPECT_LE(memory_levels(1).front().bytes, memory_levels(64).front().bytes);
}

TEST(ReadKernels, HaveNamesThatAreFound) {
  EXPECT_EQ(read_kernels().front().name, "ascending");
  for (const auto& kernel : read_kernels()) EXPECT_EQ(read_kernel(kernel.name), &kernel);
  EXPECT_EQ(read_kernel("no such"), nullptr);
  EXPECT_GE(read_kernels().size(), portable_read_kernels().size());
}

// No memory is read at 100 TB/s by two threads, and none at 10 MB/s, however busy the machine.
TEST(Readers, ReadEveryByteByEveryKernel) {
  Readers readers(2, 1 << 22);
  ASSERT_FALSE(readers.failed());
  for (const auto kernels : {read_kernels(), portable_read_kernels()})
    for (const auto& kernel : kernels)
      for (const int threads : {1, 2}) {
        const auto ns = readers.batch_ns({&kernel, threads, size_t{1} << 20, 4});
        const double rate = static_cast<double>(4 * threads) * (1 << 20) / static_cast<double>(ns) * 1e9;
        EXPECT_GT(rate, 1e7) << kernel.name;
        EXPECT_LT(rate, 1e14) << kernel.name;
      }
}

TEST(Bandwidth, HasAPointForEveryLevelAndForDoublingSizesWithEveryKernel) {
  const auto rates = measure_memory(2, int64_t{64} << 20, 0.001);  // DRAM with 16 MiB
  ASSERT_TRUE(rates);
  for (const auto& level : rates->levels) EXPECT_GT(level.bytes_per_s, 0) << level.name;
  ASSERT_GE(rates->bandwidth.size(), rates->levels.size() + 5);
  for (size_t i = 1; i < rates->bandwidth.size(); ++i)
    EXPECT_GE(rates->bandwidth[i].bytes, rates->bandwidth[i - 1].bytes);
  EXPECT_EQ(rates->bandwidth.front().bytes, 2 * (16 << 10));
  for (const auto& point : rates->bandwidth) {
    EXPECT_EQ(point.readings.size(), 2 * read_kernels().size()) << "by all threads and by one";
    double best = 0;
    for (const auto& reading : point.readings) best = std::max(best, reading.bytes_per_s);
    EXPECT_EQ(point.bytes_per_s, best);
  }
  if (rates->large_pages) {
    EXPECT_GE(*rates->large_pages, 0);
    EXPECT_LE(*rates->large_pages, 1);
  }
}

TEST(Bandwidth, MeasuresWhatIsAskedFor) {
  const std::vector<ReadRequest> wanted = {{1 << 20, "streams-2", 2},
                                           {1 << 22, "ascending", 1},
                                           {1 << 22, "to-and-fro", 2},
                                           {1 << 22, "no such", 2}};
  const auto rates = measure_readings(wanted, 0.001);
  ASSERT_TRUE(rates);
  ASSERT_EQ(rates->bandwidth.size(), 2U);
  EXPECT_EQ(rates->bandwidth[0].bytes, 1 << 20);
  EXPECT_EQ(rates->bandwidth[0].readings[0].kernel, "streams-2");
  EXPECT_EQ(rates->bandwidth[1].readings.size(), 2U);
}

}  // namespace
}  // namespace assay::host
