#include "host/energy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "host/surroundings.h"

namespace assay::host {
namespace {

namespace fs = std::filesystem;

class Energy : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            fmt::format("energy-{}-{}", ::getpid(),
                        testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }
  void zone(const std::string& zone, const std::string& name, int64_t uj, int64_t range_uj = 1'000'000) {
    const fs::path folder = root_ / "sys/class/powercap" / zone;
    ASSERT_TRUE(write_file(folder / "name", name + "\n"));
    ASSERT_TRUE(write_file(folder / "energy_uj", std::to_string(uj) + "\n"));
    ASSERT_TRUE(write_file(folder / "max_energy_range_uj", std::to_string(range_uj) + "\n"));
  }
  fs::path root_;
};

TEST_F(Energy, IsThatOfAllPackagesAndOfNothingTwice) {
  zone("intel-rapl:0", "package-0", 100'000);
  zone("intel-rapl:1", "package-1", 200'000);
  zone("intel-rapl:0:0", "core", 50'000);
  zone("intel-rapl:2", "psys", 900'000);
  zone("intel-rapl-mmio:0", "package-0", 100'000);
  const auto before = energy_counters(root_);
  ASSERT_EQ(before.size(), 2U);
  zone("intel-rapl:0", "package-0", 400'000);
  zone("intel-rapl:1", "package-1", 250'000);
  EXPECT_DOUBLE_EQ(joules_between(before, energy_counters(root_)).value_or(-1), 0.35);
}

TEST_F(Energy, ACounterThatBeganAgainIsUnderstood) {
  zone("intel-rapl:0", "package-0", 900'000);
  const auto before = energy_counters(root_);
  zone("intel-rapl:0", "package-0", 100'000);
  EXPECT_DOUBLE_EQ(joules_between(before, energy_counters(root_)).value_or(-1), 0.2);
}

TEST_F(Energy, IsAbsentWithoutACounterOrWhenOneCannotBeRead) {
  EXPECT_TRUE(energy_counters(root_).empty());
  EXPECT_FALSE(joules_between({}, {}));
  zone("intel-rapl:0", "package-0", 1);
  zone("intel-rapl:1", "package-1", 1);
  const auto both = energy_counters(root_);
  fs::remove(root_ / "sys/class/powercap/intel-rapl:1/energy_uj");
  EXPECT_TRUE(energy_counters(root_).empty());
  EXPECT_FALSE(joules_between(both, {both[0]}));
}

TEST_F(Energy, StandsBesideAVisit) {
  zone("intel-rapl:0", "package-0", 0);
  const auto before = snapshot(root_);
  zone("intel-rapl:0", "package-0", 750'000);
  EXPECT_DOUBLE_EQ(between(before, snapshot(root_)).energy_j.value_or(-1), 0.75);
  fs::remove_all(root_ / "sys");
  EXPECT_FALSE(between(snapshot(root_), snapshot(root_)).energy_j);
}

}  // namespace
}  // namespace assay::host
