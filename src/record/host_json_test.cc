#include "record/host_json.h"

#include <gtest/gtest.h>

namespace assay::record {
namespace {

TEST(Host, KeepsAllItsFacts) {
  Host host{
      .name = "a1", .os = "an OS", .kernel = "6.1", .arch = "x86_64", .cpu = "A CPU", .cores = 2, .cpus = 4};
  host.quota_cpus = 1.5;
  host.core_groups = {{"performance", 1, {0, 2}, 2400, std::nullopt, "powersave"}};
  host.thermal_events = 0;
  host.memory_bytes = int64_t{1} << 34;
  host.governor = "schedutil";
  host.cpu_design = "AuthenticAMD family 26 model 2 stepping 1";
  host.cpu_features = {"avx2"};
  host.gpus = {"a GPU"};
  host.isolation_gaps = {"the network"};
  host.limits = Limits{.measured = "then", .threads = 2};
  const std::string text = host_to_json(host);
  const Host read = host_from_json(text);
  EXPECT_EQ(host_to_json(read), text);
  EXPECT_EQ(read.core_groups.at(0).mhz, 2400);
  EXPECT_EQ(read.core_groups.at(0).cpus, (std::vector<int>{0, 2}));
  EXPECT_EQ(read.isolation_gaps, host.isolation_gaps);
  EXPECT_EQ(read.limits->threads, 2);
}

TEST(Host, OfOlderRunsIsRead) {
  const Host host = host_from_json(R"({"name": "a1", "cores": 2, "memory_bytes": 0, "governor": ""})");
  EXPECT_EQ(host.name, "a1");
  EXPECT_EQ(host.cores, 2);
  EXPECT_FALSE(host.memory_bytes);
  EXPECT_FALSE(host.governor);
  EXPECT_FALSE(host.limits);
  EXPECT_TRUE(host.core_groups.empty());
}

TEST(Host, OfAnotherTextIsEmpty) {
  EXPECT_EQ(host_from_json(R"({"name": "a1", "from a newer version": 1})").name, "a1");
  for (const char* other : {"", "[]", R"({"name": "a1", "cores": "two"})", R"({"name": "a1", "gpus": [1]})",
                            R"({"name": "a1", "core_groups": [{}]})"})
    EXPECT_EQ(host_from_json(other).name, "") << other;
}

}  // namespace
}  // namespace assay::record
