#include "decide/ranking.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

using record::Verdict;

record::Entry entry(double ms, Verdict verdict, record::Outcome outcome = record::Outcome::ok) {
  record::Entry result;
  result.accuracy.verdict = verdict;
  result.outcome = outcome;
  result.time_ms = record::Interval{ms, ms, ms};
  return result;
}

TEST(Ranking, EachClassHasItsOwn) {
  const std::vector<record::Entry> cell = {entry(1, Verdict::reduced), entry(30, Verdict::exact),
                                           entry(5, Verdict::f32_fast), entry(20, Verdict::exact),
                                           entry(2, Verdict::quantised)};
  EXPECT_EQ(rankings(cell), (std::vector<std::vector<size_t>>{{3, 1}, {2}, {0}, {4}}));
  EXPECT_EQ(ranking(cell), (std::vector<size_t>{3, 1, 2, 0, 4}));
}

TEST(Ranking, WhatFailedIsWrongOrWasNotCheckedIsInNone) {
  using record::Outcome;
  std::vector<record::Entry> cell = {entry(1, Verdict::wrong), entry(1, Verdict::unchecked)};
  for (const auto outcome :
       {Outcome::unsupported, Outcome::crashed, Outcome::timed_out, Outcome::failed, Outcome::unsettled})
    cell.push_back(entry(1, Verdict::exact, outcome));
  cell.push_back(entry(9, Verdict::exact));
  cell.back().time_ms.reset();
  EXPECT_TRUE(rankings(cell).empty());
  EXPECT_EQ(ranking(cell).size(), cell.size());
}

TEST(Ranking, ClassesRaceApartAndTheFirstOfEachIsItsBaseline) {
  const std::vector<Verdict> verdicts = {Verdict::reduced,   Verdict::wrong, Verdict::exact,
                                         Verdict::unchecked, Verdict::exact, Verdict::reduced};
  EXPECT_EQ(races(verdicts), (std::vector<std::vector<size_t>>{{2, 4}, {0, 5}}));
  EXPECT_TRUE(races({}).empty());
}

}  // namespace
}  // namespace assay::decide
