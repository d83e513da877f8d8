// Machines as data: what threads each gives to a contestant, and on which CPUs.
#include "host/processors.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assay::host {
namespace {

std::vector<int> numbers(const std::vector<Processor>& processors) {
  std::vector<int> result;
  for (const Processor& each : processors) result.push_back(each.cpu);
  return result;
}

std::vector<Processor> only(std::vector<Processor> all, const std::vector<int>& allowed) {
  std::erase_if(all,
                [&](const Processor& each) { return std::ranges::find(allowed, each.cpu) == allowed.end(); });
  return all;
}

// Six cores with two hardware threads each, eight slow ones with one: 0-11 and 12-19.
std::vector<Processor> hybrid_laptop() {
  std::vector<Processor> all;
  for (int cpu = 0; cpu < 20; ++cpu)
    all.push_back({.cpu = cpu,
                   .core = cpu < 12 ? cpu / 2 : cpu - 6,
                   .core_type = cpu < 12 ? "IntelCore" : "IntelAtom",
                   .highest_mhz = cpu < 4    ? 5000
                                  : cpu < 12 ? 4900
                                             : 3800});
  return with_kinds(std::move(all));
}

// Two sockets of four cores; the second hardware threads, if any, are 8-15.
std::vector<Processor> server(bool smt) {
  std::vector<Processor> all;
  for (int cpu = 0; cpu < (smt ? 16 : 8); ++cpu)
    all.push_back({.cpu = cpu, .core = cpu % 8, .node = cpu % 8 / 4});
  return with_kinds(std::move(all));
}

TEST(Processors, AHybridLaptopGivesItsFastCores) {
  const auto laptop = hybrid_laptop();
  EXPECT_EQ(default_threads(laptop, std::nullopt), 6);
  EXPECT_EQ(numbers(in_order(laptop)),
            (std::vector<int>{0, 2, 4, 6, 8, 10, 12, 13, 14, 15, 16, 17, 18, 19, 1, 3, 5, 7, 9, 11}));
}

TEST(Processors, AServerGivesItsCoresOneNodeBeforeTheNext) {
  EXPECT_EQ(default_threads(server(false), std::nullopt), 8);
  EXPECT_EQ(default_threads(server(true), std::nullopt), 8) << "not its sixteen hardware threads";
  EXPECT_EQ(numbers(in_order(server(true))),
            (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
}

TEST(Processors, CoresThatAreNumberedAcrossTheNodesAreStillTakenNodeByNode) {
  std::vector<Processor> all;
  for (int cpu = 0; cpu < 8; ++cpu) all.push_back({.cpu = cpu, .core = cpu, .node = cpu % 2});
  EXPECT_EQ(numbers(in_order(all)), (std::vector<int>{0, 2, 4, 6, 1, 3, 5, 7}));
}

TEST(Processors, AnAffinityNarrowerThanTheMachineLeavesFewer) {
  const auto one_thread_of_two_cores = only(server(true), {1, 9, 6});
  EXPECT_EQ(default_threads(one_thread_of_two_cores, std::nullopt), 2);
  EXPECT_EQ(numbers(in_order(one_thread_of_two_cores)), (std::vector<int>{1, 6, 9}));
  const auto mostly_the_second_socket = only(server(false), {0, 4, 5, 6});
  EXPECT_EQ(numbers(in_order(mostly_the_second_socket)), (std::vector<int>{4, 5, 6, 0}));
  const auto second_threads = only(hybrid_laptop(), {1, 3});
  EXPECT_EQ(default_threads(second_threads, std::nullopt), 2);
  EXPECT_EQ(default_threads(only(hybrid_laptop(), {12, 13, 14}), std::nullopt), 3)
      << "slow cores are all it has";
}

TEST(Processors, AQuotaIsRoundedDownButLeavesOne) {
  EXPECT_EQ(default_threads(server(false), 0.5), 1);
  EXPECT_EQ(default_threads(server(false), 1.9), 1);
  EXPECT_EQ(default_threads(server(false), 3.0), 3);
  EXPECT_EQ(default_threads(server(true), 12.0), 8);
  EXPECT_EQ(default_threads({}, std::nullopt), 1) << "where nothing is known";
}

TEST(Processors, ArmCoresAreToldByCapacity) {
  std::vector<Processor> all;
  for (int cpu = 0; cpu < 8; ++cpu)
    all.push_back({.cpu = cpu, .core = cpu, .capacity = cpu < 3 ? 280 : cpu < 7 ? 800 : 1024});
  all = with_kinds(std::move(all));
  EXPECT_EQ(default_threads(all, std::nullopt), 5) << "the middle ones belong to the fast kind";
  EXPECT_EQ(numbers(in_order(all)), (std::vector<int>{3, 4, 5, 6, 7, 0, 1, 2}));
}

TEST(Processors, CoresThatMayRunALittleFasterAreNoOtherKind) {
  std::vector<Processor> all;
  for (int cpu = 0; cpu < 16; ++cpu) all.push_back({.cpu = cpu, .core = cpu, .highest_mhz = 5881 - 60 * cpu});
  EXPECT_EQ(default_threads(with_kinds(all), std::nullopt), 16);
  all[15].highest_mhz = 3500;
  EXPECT_EQ(default_threads(with_kinds(all), std::nullopt), 15);
}

TEST(Processors, GroupsAreAlikeInKindAndNode) {
  auto laptop = in_order(hybrid_laptop());
  laptop.resize(8);
  laptop[0].mhz = 4000;
  laptop[1].mhz = 3000;
  const auto groups = groups_of(laptop);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].kind, "performance");
  EXPECT_EQ(groups[0].cpus, (std::vector<int>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(groups[0].highest_mhz, 5000);
  EXPECT_EQ(groups[0].mhz, 3500);
  EXPECT_EQ(groups[1].kind, "efficiency");
  EXPECT_EQ(groups[1].cpus, (std::vector<int>{12, 13}));
  EXPECT_FALSE(groups[1].mhz.has_value());
  EXPECT_EQ(groups_of(server(false)).size(), 2u) << "one for each node";
}

}  // namespace
}  // namespace assay::host
