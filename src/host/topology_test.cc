// The reading of a machine's cores, on the files of machines that are not this one.
#include "host/topology.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "host/host.h"

namespace assay::host {
namespace {

namespace fs = std::filesystem;

class TopologyTest : public ::testing::Test {
 protected:
  TopologyTest() : root_(fs::path(::testing::TempDir()) / ("topology_" + name())) { fs::remove_all(root_); }
  ~TopologyTest() override { fs::remove_all(root_); }

  void put(const std::string& path, std::string_view text) {
    ASSERT_TRUE(write_file(root_ / path, std::string(text) + "\n"));
  }
  void put_cpu(int cpu, const std::string& file, std::string_view text) {
    put(fmt::format("sys/devices/system/cpu/cpu{}/{}", cpu, file), text);
  }
  // Masks are hexadecimal, as the kernel writes them.
  void put_core(int cpu, unsigned core, unsigned package, int number) {
    for (const char* file : {"topology/core_cpus", "topology/thread_siblings"})
      put_cpu(cpu, file, fmt::format("{:x}", core));
    for (const char* file : {"topology/package_cpus", "topology/core_siblings"})
      put_cpu(cpu, file, fmt::format("{:x}", package));
    put_cpu(cpu, "topology/physical_package_id", fmt::to_string(number));
  }
  void put_cpus(std::string_view list) {
    for (const char* file : {"online", "possible", "present"})
      put(fmt::format("sys/devices/system/cpu/{}", file), list);
  }
  // Two cores of two hardware threads (0-3), four slow cores of one (4-7).
  void put_hybrid() {
    put_cpus("0-7");
    for (int cpu = 0; cpu < 8; ++cpu) put_core(cpu, cpu < 4 ? 3U << (cpu & 2) : 1U << cpu, 0xff, 0);
    put("sys/devices/cpu_core/cpus", "0-3");
    put("sys/devices/cpu_atom/cpus", "4-7");
    put("proc/self/status", "Name:\tassay\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7");
  }
  std::vector<int> cpus() const {
    std::vector<int> result;
    for (const Processor& each : usable_processors(root_)) result.push_back(each.cpu);
    return result;
  }

  fs::path root_;

 private:
  static std::string name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }
};

TEST_F(TopologyTest, AHybridProcessor) {
  put_hybrid();
  put_cpu(0, "cpufreq/scaling_governor", "powersave");
  put_cpu(0, "cpufreq/scaling_cur_freq", "1200000");
  put_cpu(0, "cpufreq/scaling_max_freq", "4900000");
  EXPECT_EQ(cpus(), (std::vector<int>{0, 2, 4, 5, 6, 7, 1, 3}));
  const record::Host host = this_machine(root_);
  EXPECT_EQ(host.cores, 2);
  EXPECT_EQ(host.cpus, 8);
  EXPECT_EQ(host.governor, "powersave");
  const auto share = share_for(1, root_);
  EXPECT_EQ(share.cpus, std::vector<int>{0});
  ASSERT_EQ(share.groups.size(), 1u);
  EXPECT_EQ(share.groups[0].kind, "performance");
  EXPECT_EQ(share.groups[0].mhz, 1200);
  EXPECT_EQ(share.groups[0].highest_mhz, 4900);
  EXPECT_TRUE(share_for(8, root_).cpus.empty()) << "all are given, so nobody is held";
}

TEST_F(TopologyTest, AffinityAndQuotaAreRespected) {
  put_hybrid();
  put("proc/self/status", "Cpus_allowed_list:\t0-1,6");
  EXPECT_EQ(cpus(), (std::vector<int>{0, 6, 1}));
  EXPECT_EQ(this_machine(root_).cores, 1);
  put("proc/self/status", "Cpus_allowed_list:\t0-7");
  put("proc/self/cgroup", "0::/");
  put("sys/fs/cgroup/cpu.max", "50000 100000");
  EXPECT_EQ(this_machine(root_).cores, 1) << "half a CPU";
  EXPECT_EQ(this_machine(root_).quota_cpus, 0.5);
}

TEST_F(TopologyTest, TwoSocketsAreTwoNodes) {
  put_cpus("0-3");
  for (int cpu = 0; cpu < 4; ++cpu) put_core(cpu, 1U << cpu, cpu % 2 == 0 ? 5 : 10, cpu % 2);
  put("sys/devices/system/node/online", "0-1");
  put("sys/devices/system/node/node0/cpumap", "5");
  put("sys/devices/system/node/node1/cpumap", "a");
  for (int node : {0, 1})
    put(fmt::format("sys/devices/system/node/node{}/meminfo", node),
        fmt::format("Node {} MemTotal: 1000000 kB", node));
  put("proc/self/status", "Cpus_allowed_list:\t0-3");
  EXPECT_EQ(cpus(), (std::vector<int>{0, 2, 1, 3}));
  EXPECT_EQ(share_for(3, root_).cpus, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(share_for(3, root_).groups.size(), 2u);
}

TEST_F(TopologyTest, CapacityTellsArmCoresApart) {
  put_cpus("0-3");
  for (int cpu = 0; cpu < 4; ++cpu) {
    put_core(cpu, 1U << cpu, 15, 0);
    put_cpu(cpu, "cpu_capacity", cpu < 2 ? "430" : "1024");
  }
  put("proc/self/status", "Cpus_allowed_list:\t0-3");
  EXPECT_EQ(cpus(), (std::vector<int>{2, 3, 0, 1}));
  EXPECT_EQ(this_machine(root_).cores, 2);
}

TEST_F(TopologyTest, WithoutAnyFileEachAllowedCpuIsACore) {
  put("proc/self/status", "Cpus_allowed_list:\t100-101");
  EXPECT_EQ(cpus(), (std::vector<int>{100, 101}));
}

TEST_F(TopologyTest, HeatIsCountedOnceACoreAndPackage) {
  EXPECT_FALSE(this_machine(root_).thermal_events.has_value());
  for (int cpu = 0; cpu < 4; ++cpu) {
    put_cpu(cpu, "topology/physical_package_id", "0");
    put_cpu(cpu, "topology/core_id", cpu % 2 == 0 ? "0" : "1");
    put_cpu(cpu, "thermal_throttle/core_throttle_count", "3");
    put_cpu(cpu, "thermal_throttle/package_throttle_count", "5");
  }
  EXPECT_EQ(this_machine(root_).thermal_events, 11);
}

TEST(Topology, ThisMachineGivesAsManyCpusAsItAllows) {
  const auto allowed = allowed_cpus("/");
  ASSERT_TRUE(allowed.has_value());
  EXPECT_EQ(usable_processors().size(), allowed->size());
}

}  // namespace
}  // namespace assay::host
