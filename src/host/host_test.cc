// The readers of host facts on sample texts, laid out as a small root folder.
#include "host/host.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "host/cgroup_linux.h"
#include "host/gpus_linux.h"
#include "host/proc_text.h"
#include "host/surroundings.h"
#include "record/disturbance.h"

namespace assay::host {
namespace {

namespace fs = std::filesystem;

class HostTest : public ::testing::Test {
 protected:
  HostTest() : root_(fs::path(::testing::TempDir()) / ("host_" + name())) { fs::remove_all(root_); }
  ~HostTest() override { fs::remove_all(root_); }

  void put(const std::string& path, std::string_view text) { ASSERT_TRUE(write_file(root_ / path, text)); }

  fs::path root_;

 private:
  static std::string name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }
};

TEST_F(HostTest, FactsComeFromTheSystemsFiles) {
  put("proc/cpuinfo",
      "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: Sample CPU @ "
      "2.30GHz\nstepping\t: 1\nflags\t\t: fpu sse4_2 avx2 avx512f "
      "amx_tile\n\nprocessor\t: 1\n");
  put("proc/meminfo", "MemTotal:       24684084 kB\nMemFree:        1000 kB\nMemAvailable:   2000 kB\n");
  put("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n");
  put("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
  put("proc/self/status", "Cpus_allowed_list:\t0\n");
  put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  const record::Host host = this_machine(root_);
  EXPECT_EQ(host.cpu, "Sample CPU @ 2.30GHz");
  EXPECT_EQ(host.cpu_design, "AuthenticAMD family 26 model 2 stepping 1");
  EXPECT_EQ(host.os, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(host.governor, "performance");
  EXPECT_EQ(host.memory_bytes, 24684084LL * 1024);
  EXPECT_EQ(host.cpu_features, (std::vector<std::string>{"sse4_2", "avx2", "avx512f", "amx_tile"}));
  EXPECT_EQ(available_memory_bytes(root_), 2000 * 1024);
  EXPECT_GT(host.cores, 0);
  EXPECT_TRUE(host.gpus.empty());
}

TEST_F(HostTest, NothingReadableMeansAbsentNotWrong) {
  const record::Host host = this_machine(root_);
  EXPECT_EQ(host.cpu, "");
  EXPECT_FALSE(host.cpu_design);
  EXPECT_FALSE(host.memory_bytes);
  EXPECT_FALSE(host.governor);
  EXPECT_FALSE(available_memory_bytes(root_).has_value());
  EXPECT_FALSE(snapshot(root_).cpu_waited_us.has_value());
}

TEST_F(HostTest, TheNameIsStableAndDiffersBetweenMachines) {
  put("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
  const std::string first = this_machine(root_).name;
  EXPECT_EQ(this_machine(root_).name, first);
  EXPECT_EQ(first.find("3d1219"), std::string::npos);
  put("etc/machine-id", "00000000000000000000000000000001\n");
  EXPECT_NE(this_machine(root_).name, first);
}

TEST_F(HostTest, CgroupTwoTakesTheTightestLimitUpwards) {
  put("proc/self/cgroup", "0::/outer/inner\n");
  put("sys/fs/cgroup/outer/cpu.max", "150000 100000\n");
  put("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/outer/memory.max", "1000000\n");
  put("sys/fs/cgroup/outer/memory.current", "600000\n");
  put("sys/fs/cgroup/outer/memory.stat", "anon 100\ninactive_file 200000\n");
  put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  const CgroupLimits limits = cgroup_limits(root_);
  EXPECT_EQ(limits.cpus, 1.5);
  EXPECT_EQ(limits.memory_bytes, 1000000);
  EXPECT_EQ(limits.memory_available_bytes, 600000);
  EXPECT_EQ(this_machine(root_).cores, 1);
  EXPECT_EQ(this_machine(root_).memory_bytes, 1000000);
}

TEST_F(HostTest, CgroupOneReadsQuotaAndIgnoresItsNoLimit) {
  put("proc/self/cgroup", "4:memory:/job\n1:cpu,cpuacct:/\n0::/\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(cgroup_limits(root_).cpus, 2.5);
  EXPECT_FALSE(cgroup_limits(root_).memory_bytes.has_value());
  put("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "5000\n");
  EXPECT_EQ(cgroup_limits(root_).memory_bytes, 5000);
}

TEST_F(HostTest, GpusAreNamedByVendorOnce) {
  EXPECT_TRUE(gpus(root_).empty());
  put("sys/class/drm/card0/device/vendor", "0x10de\n");
  put("sys/class/drm/card0/device/device", "0x2335\n");
  put("sys/class/drm/card0-DP-1/device/vendor", "0x10de\n");
  put("sys/class/drm/card1/device/vendor", "0x1002\n");
  put("sys/class/drm/card1/device/device", "0x74a1\n");
  put("sys/class/drm/card2/device/vendor", "0x1a03\n");
  EXPECT_EQ(gpus(root_), (std::vector<std::string>{"NVIDIA GPU 0x2335", "AMD GPU 0x74a1"}));
  put("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H200\nIRQ: 1\n");
  EXPECT_EQ(gpus(root_), (std::vector<std::string>{"NVIDIA H200", "AMD GPU 0x74a1"}));
}

TEST_F(HostTest, SurroundingsAreDifferences) {
  put("proc/pressure/cpu",
      "some avg10=0.18 avg60=0.17 avg300=0.27 total=1000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 "
      "total=0\n");
  put("proc/stat", "cpu  100 0 100 700 50 0 0 50 30 0\ncpu0 1 2 3\n");
  put("proc/loadavg", "0.10 0.08 0.09 2/100 7344\n");
  Snapshot before = snapshot(root_);
  put("proc/pressure/cpu", "some avg10=0.18 avg60=0.17 avg300=0.27 total=1250000\n");
  put("proc/stat", "cpu  150 0 120 710 50 0 0 70 80 0\n");
  put("proc/loadavg", "1.50 0.08 0.09 2/100 7344\n");
  Snapshot after = snapshot(root_);
  after.taken_ns = before.taken_ns + 1'000'000'000;
  const record::Surroundings found = between(before, after);
  EXPECT_DOUBLE_EQ(found.cpu_pressure.value(), 0.25);
  EXPECT_DOUBLE_EQ(found.steal.value(), 0.2);
  EXPECT_DOUBLE_EQ(found.load.value(), 1.5);
  EXPECT_FALSE(found.threads.has_value());
  before.cpu_waited_us.reset();
  EXPECT_FALSE(between(before, after).cpu_pressure.has_value());
}

TEST_F(HostTest, AQuotaThatBitesIsCountedInAllGroups) {
  EXPECT_FALSE(snapshot(root_).throttled.has_value());
  put("proc/self/cgroup", "0::/outer/inner\n");
  put("sys/fs/cgroup/outer/cpu.stat", "usage_usec 7\nnr_periods 9\nnr_throttled 4\nthrottled_usec 5\n");
  put("sys/fs/cgroup/outer/inner/cpu.stat", "usage_usec 7\nnr_periods 9\nnr_throttled 1\n");
  const Snapshot before = snapshot(root_);
  EXPECT_EQ(before.throttled, 5);
  put("sys/fs/cgroup/outer/cpu.stat", "usage_usec 7\nnr_periods 9\nnr_throttled 6\n");
  EXPECT_EQ(between(before, snapshot(root_)).throttled, 2);
  put("proc/self/cgroup", "1:cpu,cpuacct:/job\n");
  put("sys/fs/cgroup/cpu/job/cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 123\n");
  EXPECT_EQ(snapshot(root_).throttled, 3) << "version 1";
}

TEST(Surroundings, ASleepOfTheMachineIsSeenAndDisturbs) {
  Snapshot before, after;
  before.taken_ns = 1'000'000'000;
  after.taken_ns = 2'000'000'000;  // the monotonic clock stood still meanwhile
  before.suspended_ns = 5'000'000'000;
  after.suspended_ns = 605'000'000'000;
  record::Surroundings found = between(before, after);
  EXPECT_DOUBLE_EQ(found.suspended_s.value_or(-1), 600);
  EXPECT_TRUE(record::disturbed(found));
  after.suspended_ns = 5'000'050'000;  // the two clocks are read one after the other
  found = between(before, after);
  EXPECT_NEAR(found.suspended_s.value_or(-1), 50e-6, 1e-9);
  EXPECT_FALSE(record::disturbed(found));
}

TEST(Surroundings, ThisMachineIsAwake) {
  const Snapshot before = snapshot();
  const auto slept = between(before, snapshot()).suspended_s;
  ASSERT_TRUE(slept);
  EXPECT_LT(*slept, record::kMostSuspendedSeconds);
}

TEST(Host, ThisMachineHasCoresMemoryAndDisk) {
  const record::Host host = this_machine();
  EXPECT_GT(host.cores, 0);
  EXPECT_GT(host.memory_bytes, 64 << 20);
  EXPECT_FALSE(host.kernel.empty());
  EXPECT_LE(available_memory_bytes().value_or(0), host.memory_bytes);
  EXPECT_GT(free_disk_bytes("/nonexistent/folder").value_or(0), 0);
}

TEST(ProcText, ValuesAreTrimmedAndUnquoted) {
  EXPECT_EQ(value_of("a : 1\nb=\"two words\"\n", "b", '='), "two words");
  EXPECT_EQ(value_of("ab : 1\na\t: 2 \n", "a", ':'), "2");
  EXPECT_FALSE(value_of("ab : 1", "a", ':').has_value());
  EXPECT_EQ(numbers_of_list("0-2,8, 10 "), (std::vector<int>{0, 1, 2, 8, 10}));
  EXPECT_TRUE(numbers_of_list("none").empty());
  EXPECT_FALSE(integer_in("max").has_value());
  EXPECT_EQ(integer_in(" 42 kB"), 42);
  EXPECT_EQ(words_of("  a b\n c ").size(), 3u);
  EXPECT_TRUE(words_of(" \n").empty());
}

}  // namespace
}  // namespace assay::host
