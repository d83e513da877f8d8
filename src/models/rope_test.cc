#include "models/rope.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace assay::models {
namespace {

Span rows(int64_t first, int64_t count) { return {.first = first, .count = count, .total = first + count}; }

TEST(Rope, DecodeSeesTheLastRowOfThePrefillsTable) {
  const Rope rope{.size = 64, .theta = 100000};
  const auto all = rope_table(rope, RopePart::cosine, rows(0, 129)),
             one = rope_table(rope, RopePart::cosine, rows(128, 1));
  EXPECT_TRUE(std::ranges::equal(all.data<float>().last(32), one.data<float>()));
}

TEST(Rope, TableIsTheSameEverywhere) {
  const Rope rope{.size = 64, .theta = 100000};
  const auto cosine = rope_table(rope, RopePart::cosine, rows(0, 129)),
             sine = rope_table(rope, RopePart::sine, rows(0, 129));
  EXPECT_EQ(Hasher().add(cosine.bytes()).add(sine.bytes()).hex(), "348603d7dc759e341a589cb6d4de7ac4");
  // Pair 1 turns by theta^(-2/64) a position.
  const double angle = 100 * std::pow(100000.0, -2.0 / 64);
  EXPECT_FLOAT_EQ(sine.data<float>()[100 * 32 + 1], static_cast<float>(std::sin(angle)));
}

TEST(Rope, AnglesInFloat32AreRoundedProducts) {
  const Rope rope{.size = 64, .theta = 100000};
  const float angle = 128.0F * static_cast<float>(std::pow(100000.0, -2.0 / 64));
  const float sine = rope_table(rope, RopePart::sine, rows(128, 1), true).data<float>()[1];
  EXPECT_FLOAT_EQ(sine, static_cast<float>(std::sin(static_cast<double>(angle))));
  const double off =
      std::abs(static_cast<double>(sine) -
               static_cast<double>(rope_table(rope, RopePart::sine, rows(128, 1)).data<float>()[1]));
  EXPECT_GT(off, 1e-7);
  EXPECT_LT(off, 0.5 * 0x1p-17);  // half a unit in the last place of 89.32
}

TEST(Rope, EverySequenceOfABatchHasTheSameTable) {
  const Rope rope{.size = 8};
  const auto one = rope_table(rope, RopePart::sine, {.batch = 1, .first = 3, .count = 5, .total = 8});
  const auto three = rope_table(rope, RopePart::sine, {.batch = 3, .first = 3, .count = 5, .total = 8});
  EXPECT_EQ(three.shape(), (tensor::Shape{3, 5, 4}));
  for (size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(std::ranges::equal(three.data<float>().subspan(i * 20, 20), one.data<float>())) << i;
}

double turned(const Rope& rope, int64_t total, size_t pair) {
  return static_cast<double>(rope_frequencies(rope, total)[pair]);
}

TEST(Rope, LinearDividesEveryFrequency) {
  const Rope rope{.size = 8, .theta = 100, .scaling = RopeScaling::linear, .factor = 4};
  EXPECT_DOUBLE_EQ(turned(rope, 1, 0), 0.25);
  EXPECT_DOUBLE_EQ(turned(rope, 1, 2), 0.25 / 10);
}

TEST(Rope, DynamicKeepsTheBaseUntilTheContextIsExceeded) {
  const Rope rope{
      .size = 8, .theta = 100, .scaling = RopeScaling::dynamic, .factor = 2, .original_positions = 16};
  EXPECT_DOUBLE_EQ(turned(rope, 16, 2), 0.1);
  // (2 * 32 / 16 - 1)^(8/6) times the base
  EXPECT_DOUBLE_EQ(turned(rope, 32, 2), std::pow(100 * std::pow(3.0, 8.0 / 6), -0.5));
}

TEST(Rope, Llama3SlowsDownWhatTurnsLittleOverTheContext) {
  const Rope rope{.size = 4,
                  .theta = 10000,
                  .scaling = RopeScaling::llama3,
                  .factor = 8,
                  .original_positions = 64,
                  .low = 1,
                  .high = 4};
  EXPECT_DOUBLE_EQ(turned(rope, 1, 0), 1);         // turns ten times
  EXPECT_DOUBLE_EQ(turned(rope, 1, 1), 0.01 / 8);  // a tenth of a turn
  Rope between = rope;
  between.original_positions = 16;  // pair 0 turns 2.546 times
  EXPECT_NEAR(turned(between, 1, 0), 0.5155 + 0.4845 / 8, 1e-3);
}

TEST(Rope, LongropeTakesOtherFactorsBeyondTheOriginalContext) {
  const Rope rope{.size = 4,
                  .theta = 1,
                  .scaling = RopeScaling::longrope,
                  .original_positions = 16,
                  .attention_factor = 2,
                  .short_factor = {1, 2},
                  .long_factor = {4, 8}};
  EXPECT_EQ(turned(rope, 16, 1), 0.5);
  EXPECT_EQ(turned(rope, 17, 1), 0.125);
  EXPECT_EQ(rope_table(rope, RopePart::cosine, rows(0, 1)).data<float>()[0], 2);
}

TEST(Rope, YarnLeavesFastPairsAloneAndDividesSlowOnes) {
  const Rope rope{
      .size = 32, .theta = 10000, .scaling = RopeScaling::yarn, .factor = 4, .original_positions = 512};
  EXPECT_DOUBLE_EQ(turned(rope, 1, 0), 1);
  EXPECT_DOUBLE_EQ(turned(rope, 1, 15), std::pow(10000.0, -30.0 / 32) / 4);
}

TEST(Rope, WhatDecidesFrequenciesIsInItsText) {
  Rope rope{.size = 8};
  const std::string plain = to_string(rope);
  rope.long_factor = {1};
  EXPECT_NE(to_string(rope), plain);
}

}  // namespace
}  // namespace assay::models
