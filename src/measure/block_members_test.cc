#include "measure/block_members.h"

#include <gtest/gtest.h>

namespace assay::measure {
namespace {

// Contestants of whom the cold launch told so much.
std::vector<LaunchedContestant> contestants(
    std::initializer_list<std::pair<int64_t, double>> peaks_and_steps) {
  std::vector<LaunchedContestant> result;
  for (const auto& [peak, step_s] : peaks_and_steps) result.push_back({.peak_bytes = peak, .step_s = step_s});
  return result;
}

class Members : public testing::Test {
 protected:
  Members() {
    plan_.least_blocks = 2;
    plan_.most_blocks = 9;
    plan_.target = 0.03;
    plan_.memory_limit_bytes = 100;
  }
  // A block of visits that all take `ms`, but for so much from round to round.
  static void add_block(BlockMembers& members, size_t who, int block, double ms, double scatter = 0) {
    for (int round = 0; round < 12; ++round) {
      record::Visit visit;
      visit.block = block;
      visit.round = round;
      visit.samples_ns.assign(3, static_cast<int64_t>(ms * 1e6 * (1 + scatter * (round % 3))));
      members.add(who, visit);
    }
  }
  BlockPlan plan_;
};

TEST_F(Members, AreGroupedByMemoryAroundTheBaseline) {
  const auto all = contestants({{40, 1}, {50, 1}, {50, 1}});
  EXPECT_EQ(BlockMembers(all, plan_).groups(), (std::vector<Group>{{0, 1}, {0, 2}}));
}

TEST_F(Members, SlowOnesAreApartAndComeWithTheBaselineWhereBothFit) {
  plan_.budget_s = 100;
  const auto all = contestants({{40, 60}, {50, 1}, {50, 1}, {70, 60}});
  const BlockMembers members(all, plan_);
  EXPECT_EQ(members.groups(), (std::vector<Group>{{1, 2}}));
  EXPECT_EQ(members.slow(), (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(members.group_of_slow(0), (Group{1, 0}));
  EXPECT_EQ(members.group_of_slow(3), Group{3});
}

TEST_F(Members, WhoReachedTheTargetRestsAndTheBaselineGoesOnWithTheOthers) {
  const auto all = contestants({{1, 1}, {1, 1}, {1, 1}});
  BlockMembers members(all, plan_);
  const Group group = members.groups().front();
  EXPECT_EQ(members.wanted(group), group) << "nobody has its least blocks";
  for (int block = 0; block < 2; ++block) {
    add_block(members, 0, block, 100);
    add_block(members, 1, block, 110);
    add_block(members, 2, block, 120 + 30 * block, 0.2);
  }
  EXPECT_EQ(members.wanted(group), (Group{0, 2}));
  EXPECT_GT(members.blocks_ahead({group}, 2), 0);
  members.leave(2);
  EXPECT_TRUE(members.wanted(group).empty());
  EXPECT_TRUE(members.all_reached_target());
}

TEST_F(Members, WhoIsFarBehindRestsBeforeTheLeastBlocksAreMade) {
  const auto all = contestants({{1, 1}, {1, 1}, {1, 1}});
  plan_.least_blocks = 5;
  BlockMembers members(all, plan_);
  const Group group = members.groups().front();
  for (int block = 0; block < 2; ++block) {
    add_block(members, 0, block, 100);
    add_block(members, 1, block, 120, 0.2);
    add_block(members, 2, block, 3000);
    EXPECT_EQ(members.wanted(group), block == 0 ? group : (Group{0, 1}));
  }
  plan_.rounds = 10;
  EXPECT_EQ(members.wanted(group), group) << "rounds that are counted are made by all";
}

TEST_F(Members, WhenTheBaselineLeavesTheNextTakesItsPlace) {
  const auto all = contestants({{1, 1}, {1, 1}, {1, 1}});
  BlockMembers members(all, plan_);
  members.leave(0);
  EXPECT_TRUE(members.is_out(0));
  EXPECT_EQ(members.wanted({0, 1, 2}), (Group{1, 2}));
  EXPECT_EQ(members.group_of_slow(2), (Group{1, 2}));
}

TEST_F(Members, RoundsThatAreCountedAreSpreadOverTheLeastBlocks) {
  const auto all = contestants({{1, 1}});
  EXPECT_EQ(BlockMembers(all, plan_).rounds_of(8), plan_.rounds_per_block);
  EXPECT_EQ(BlockMembers(all, plan_).rounds_of(9), 0) << "the most blocks are made";
  plan_.rounds = 7;
  const BlockMembers members(all, plan_);
  EXPECT_EQ(members.rounds_of(0), 4);
  EXPECT_EQ(members.rounds_of(1), 3);
  EXPECT_EQ(members.rounds_of(2), 0);
}

}  // namespace
}  // namespace assay::measure
