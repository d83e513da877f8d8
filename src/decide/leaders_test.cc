#include "decide/leaders.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

using record::Verdict;
using stats::Comparison;

Told one(std::string name, double ms, std::string version = "1", Verdict ranking = Verdict::exact) {
  return {std::move(name), std::move(version), ranking, ms, true};
}

Pair ratio(size_t a, size_t b, double low, double high) {
  return {a, b, {.median = (low + high) / 2, .interval = stats::Bounds{low, high}, .count = 12, .blocks = 3}};
}

using Names = std::vector<std::string>;

TEST(Leaders, TheFastestOfARun) {
  const std::vector runs = {ToldCell{"2", {one("b", 20), one("a", 10)}, {ratio(0, 1, 1.9, 2.1)}}};
  const auto first = leaders(runs);
  EXPECT_EQ(first.names, Names{"a"});
  EXPECT_EQ(first.said, Comparison::faster);
  EXPECT_EQ(first.median_ms, 10);
  EXPECT_EQ(first.ranked, 2U);
}

TEST(Leaders, SeveralAreEqualOrNotToldApart) {
  std::vector runs = {ToldCell{"2", {one("b", 11), one("a", 10)}, {ratio(0, 1, 0.99, 1.01)}}};
  EXPECT_EQ(leaders(runs).names, (Names{"a", "b"})) << "by median";
  EXPECT_EQ(leaders(runs).said, Comparison::equal);
  EXPECT_EQ(leaders(runs, 0.001).said, Comparison::not_told_apart);
  runs[0].pairs = {ratio(0, 1, 0.5, 2)};
  EXPECT_EQ(leaders(runs).said, Comparison::not_told_apart);
}

TEST(Leaders, OverRunsTheNewestOfEachCounts) {
  const std::vector runs = {
      ToldCell{"3", {one("c", 5), one("b", 11)}, {ratio(0, 1, 0.4, 0.5)}},
      ToldCell{"2", {one("a", 10), one("b", 20)}, {ratio(0, 1, 0.4, 0.6)}},
      ToldCell{"1", {one("a", 10), one("c", 5)}, {ratio(0, 1, 1.9, 2.1)}},
  };
  const auto first = leaders(runs);
  EXPECT_EQ(first.names, Names{"c"}) << "a ratio of an older run counts for the rest";
  EXPECT_EQ(first.said, Comparison::faster);
  EXPECT_EQ(first.contestants, 3U);
}

TEST(Leaders, ARatioOfAnOlderVersionTellsNothing) {
  const std::vector runs = {ToldCell{"2", {one("a", 10, "2")}, {}},
                            ToldCell{"1", {one("a", 30, "1"), one("b", 20)}, {ratio(0, 1, 1.4, 1.6)}}};
  const auto first = leaders(runs);
  EXPECT_EQ(first.said, Comparison::too_few_rounds);
  EXPECT_EQ(first.names, Names{"a"}) << "the quickest, without a place";
  EXPECT_EQ(first.open, 2U);
}

TEST(Leaders, WhatTellsNothingHidesNoOlderResult) {
  Told interrupted{"a", "", std::nullopt, 0, false};
  const std::vector runs = {ToldCell{"2", {interrupted, one("b", 20)}, {}},
                            ToldCell{"1", {one("a", 10), one("b", 20)}, {ratio(0, 1, 0.4, 0.6)}}};
  EXPECT_EQ(leaders(runs).names, Names{"a"});
  EXPECT_EQ(leaders(runs).said, Comparison::faster);
}

TEST(Leaders, OnlyTheStrictestClassAndNobodyWithoutATime) {
  std::vector runs = {ToldCell{"1", {one("q", 1, "1", Verdict::reduced), one("a", 10)}, {}}};
  EXPECT_EQ(leaders(runs).names, Names{"a"});
  EXPECT_EQ(leaders(runs).ranked, 1U);
  EXPECT_EQ(leaders(runs).said, Comparison::too_few_rounds) << "nobody to compare with";
  runs[0].members = {Told{"wrong", "1", std::nullopt, 0, true}};
  EXPECT_FALSE(leaders(runs).ranking);
  EXPECT_EQ(leaders(runs).contestants, 1U);
}

// The same of a run as its own summary has it.
TEST(Leaders, ToldOfARunAreItsRankedAndTheirComparisons) {
  std::vector<record::ContestantResult> cell(3);
  for (size_t i = 0; i < cell.size(); ++i) {
    cell[i].contestant = {std::string(1, static_cast<char>('a' + i)), "v", "cpu", "1"};
    cell[i].accuracy.verdict = i == 2 ? Verdict::wrong : Verdict::exact;
    for (int round = 0; round < 12; ++round)
      cell[i].visits.push_back({.block = round % 3, .round = round, .samples_ns = {i == 0 ? 200 : 100}});
  }
  const auto summaries = summarise(cell, std::nullopt);
  const auto kept = told("1", summaries);
  EXPECT_FALSE(kept.members[2].ranking);
  EXPECT_TRUE(kept.members[2].says_something);
  EXPECT_EQ(leaders(std::span(&kept, 1)).names, Names{"b/v@cpu"});
}

}  // namespace
}  // namespace assay::decide
