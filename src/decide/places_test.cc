#include "decide/places.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

Pair pair(size_t a, size_t b, double low, double high) {
  return {a, b, {.median = (low + high) / 2, .interval = stats::Bounds{low, high}, .count = 12, .blocks = 3}};
}

std::vector<int> numbers(const std::vector<Place>& places) {
  std::vector<int> result;
  for (const Place& place : places) result.push_back(place.number.value_or(0));
  return result;
}

TEST(Places, AreOneMoreThanThoseThatAreFaster) {
  const auto all = places(3, std::vector{pair(0, 1, 0.8, 0.9), pair(0, 2, 0.5, 0.6), pair(1, 2, 0.6, 0.7)});
  EXPECT_EQ(numbers(all), (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(all[0].fastest && !all[1].fastest && !all[0].shared);
}

TEST(Places, AreSharedByThoseThatAreNotToldApart) {
  const auto all = places(3, std::vector{pair(0, 1, 0.9, 1.1), pair(0, 2, 0.5, 0.6), pair(1, 2, 0.6, 0.7)});
  EXPECT_EQ(numbers(all), (std::vector<int>{1, 1, 3}));
  EXPECT_TRUE(all[0].shared && all[1].shared && !all[2].shared);
  EXPECT_FALSE(all[0].fastest || all[1].fastest);
}

// A row that said "1.48 [1.23, 1.80] slower" stood at the place of the one that it was slower than.
TEST(Places, WhoIsSlowerThanAnotherStandsBehindIt) {
  std::vector<Pair> pairs = {pair(0, 1, 1 / 1.8, 1 / 1.23), pair(0, 2, 0.9, 1.1)};
  EXPECT_EQ(numbers(places(3, pairs)), (std::vector<int>{1, 2, 1}));
  // By a chain too: 0 is faster than 1, and 1 than 2, whatever the third comparison could not tell.
  pairs[1] = pair(1, 2, 0.5, 0.6);
  pairs.push_back(pair(0, 2, 0.4, 1.1));
  EXPECT_EQ(numbers(places(3, pairs)), (std::vector<int>{1, 2, 3}));
}

TEST(Places, OfOneAloneAndOfOneWithTooFewRounds) {
  EXPECT_EQ(numbers(places(1, {})), std::vector<int>{1});
  EXPECT_FALSE(places(1, {})[0].fastest);
  const Pair few = {0, 2, {.median = 0.5, .count = 3, .blocks = 3, .least = 0.4, .most = 0.6}};
  const auto all = places(3, std::vector{pair(0, 1, 0.8, 0.9), few});
  EXPECT_EQ(numbers(all), (std::vector<int>{1, 2, 0}));
  EXPECT_FALSE(all[0].fastest) << "nobody knows about the third";
}

TEST(Places, PairsAreOfRoundsThatBothHaveOrThatAThirdHasWithEach) {
  const std::vector<stats::VisitSamples> one = {{0, 0, {1.0}}, {0, 1, {1.0}}},
                                         other = {{0, 1, {2.0}}, {5, 0, {2.0}}}, third = {{5, 0, {60.0}}},
                                         apart = {{9, 0, {1.0}}};
  const std::vector<const std::vector<stats::VisitSamples>*> members = {&one, &other, &third, &apart};
  const auto pairs = pairs_of(members);
  ASSERT_EQ(pairs.size(), 3U) << "the last was beside nobody";
  EXPECT_EQ(pairs[0].ratio.median, 0.5);
  EXPECT_EQ(pairs[1].b, 2U);
  EXPECT_NEAR(pairs[1].ratio.median, 1 / 60.0, 1e-12) << "through the second";
  const auto all = places(4, pairs);
  EXPECT_EQ(all[2].number, 3) << "a single round tells that it is far behind both";
}

}  // namespace
}  // namespace assay::decide
