#include "measure/block_clock.h"

#include <gtest/gtest.h>

#include <climits>

namespace assay::measure {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

class Clock : public testing::Test {
 protected:
  Clock() {
    plan_.least_blocks = 5;
    plan_.rounds_per_block = 10;
  }
  BlockPlan plan_;
  BlockClock clock_{plan_};
};

TEST_F(Clock, WithoutABudgetNothingIsLateAndNoBlockHasADeadline) {
  clock_.begin_turns(0, std::nullopt, 0);
  clock_.launches_took(9 * kSecond);
  clock_.block_took(20 * kSecond);
  EXPECT_FALSE(clock_.late(1000 * kSecond));
  EXPECT_EQ(clock_.blocks_that_fit(0), INT_MAX);
  EXPECT_FALSE(clock_.deadline_of({.turn = 0}, 1e9));
  EXPECT_TRUE(clock_.fits_a_round(0, std::nullopt, true));
}

TEST_F(Clock, ABlockIsLateThatCouldNotGetThroughItsFirstRound) {
  clock_.begin_turns(0, 100 * kSecond, 0);
  clock_.launches_took(5 * kSecond);
  clock_.round_took(2 * kSecond);
  clock_.questions_took(1 * kSecond);
  EXPECT_FALSE(clock_.late(92 * kSecond));
  EXPECT_TRUE(clock_.late(93 * kSecond));
}

TEST_F(Clock, TheFirstBlocksShareTheTimeAndLaterOnesHaveAllThatIsLeft) {
  clock_.begin_turns(10 * kSecond, 110 * kSecond, 0);
  clock_.launches_took(1 * kSecond);
  EXPECT_EQ(clock_.deadline_of({.turn = 0}, 1e9), 30 * kSecond);
  EXPECT_EQ(clock_.deadline_of({.turn = 4}, 1e9), 110 * kSecond);
  EXPECT_EQ(clock_.deadline_of({.turn = 7}, 1e9), 110 * kSecond);
  EXPECT_EQ(clock_.deadline_of({.turn = 0, .place = 1, .of = 2}, 1e9), 30 * kSecond)
      << "two groups take turns";
  EXPECT_EQ(clock_.deadline_of({.turn = 0, .place = 0, .of = 2}, 1e9), 20 * kSecond);
}

TEST_F(Clock, LongLaunchesMakeFewerBlocks) {
  clock_.begin_turns(0, 100 * kSecond, 0);
  clock_.launches_took(30 * kSecond);
  EXPECT_EQ(clock_.deadline_of({.turn = 0}, 1e9), 50 * kSecond);
}

TEST_F(Clock, ARoundWithAQuestionNeedsItsTimeToo) {
  clock_.begin_turns(0, 100 * kSecond, 0);
  clock_.round_took(2 * kSecond);
  clock_.questions_took(3 * kSecond);
  EXPECT_TRUE(clock_.fits_a_round(7 * kSecond, 10 * kSecond, false));
  EXPECT_FALSE(clock_.fits_a_round(8 * kSecond, 10 * kSecond, true));
}

TEST_F(Clock, WhatIsLeftIsNeverMoreThanTheBudgetButForThoseWhoComeLater) {
  clock_.begin_turns(0, 50 * kSecond, 7);
  clock_.launches_took(5 * kSecond);
  clock_.round_took(1 * kSecond);
  EXPECT_DOUBLE_EQ(clock_.left_s(0, 3, 2), 3 + 2 * 15 + 7);
  EXPECT_DOUBLE_EQ(clock_.left_s(40 * kSecond, 3, 2), 10 + 7);
  EXPECT_DOUBLE_EQ(clock_.left_s(60 * kSecond, 3, 2), 7);
}

}  // namespace
}  // namespace assay::measure
