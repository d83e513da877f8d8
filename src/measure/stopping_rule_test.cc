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

}  // namespace
}  // namespace assay::measure
