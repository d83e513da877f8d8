// What the stopping rule looks at, from visits alone.
#include "measure/stopping_rule.h"

#include <gtest/gtest.h>

namespace assay::measure {
namespace {

record::Visit visit(int block, int round, int64_t step_ns) {
  return {.block = block,
          .round = round,
          .batch_ns = step_ns,
          .samples_ns = {step_ns},
          .requests = {{1, step_ns}}};
}

TEST(StoppingRule, AGuessOfBlocksStaysANumberHoweverNarrowTheTarget) {
  StoppingRule rule(2, 1e-7);
  for (int block = 0; block < 3; ++block)
    for (int round = 0; round < 4; ++round) {
      rule.add(0, visit(block, round, 20'000'000));
      rule.add(1, visit(block, round, 20'000'000 * (1 + 40 * ((block + round) % 2))));
    }
  const auto blocks = rule.blocks_needed(1, 0);
  ASSERT_TRUE(blocks);
  EXPECT_GT(*blocks, 3);
}

// Two that take seconds a step once left the ten others five rounds each in a whole budget.
TEST(StoppingRule, WhoIsFarBehindRestsAfterTwoBlocks) {
  StoppingRule rule(3, 0.03);
  const auto add_block = [&](int block) {
    rule.add(0, visit(block, 0, 20'000'000));
    rule.add(1, visit(block, 0, 300'000'000));
    rule.add(2, visit(block, 0, 100'000'000));
  };
  add_block(0);
  EXPECT_FALSE(rule.reached_target(1, 0)) << "one launch says nothing about the next";
  add_block(1);
  EXPECT_TRUE(rule.reached_target(1, 0));
  EXPECT_FALSE(rule.reached_target(2, 0)) << "five times as slow is worth knowing well";
  EXPECT_FALSE(rule.reached_target(0, 1)) << "who is far ahead of the baseline is what people came for";
  const std::vector<size_t> all = {0, 1, 2};
  EXPECT_EQ(rule.short_of_target(all, 0), (std::vector<size_t>{0, 2}));
}

}  // namespace
}  // namespace assay::measure
