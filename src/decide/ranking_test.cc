#include "decide/ranking.h"

#include <gtest/gtest.h>

#include <deque>

namespace assay::decide {
namespace {

using record::Verdict;

// Summaries of results that were made up.
class Ranking : public testing::Test {
 protected:
  Summary entry(double ms, Verdict verdict, record::Outcome outcome = record::Outcome::ok) {
    record::ContestantResult& result = results_.emplace_back();
    result.accuracy.verdict = verdict;
    result.outcome = outcome;
    return {.result = &result, .time_ms = Figure{ms, std::nullopt}};
  }

 private:
  std::deque<record::ContestantResult> results_;
};

TEST_F(Ranking, EachClassHasItsOwn) {
  const Summaries cell = {entry(1, Verdict::reduced), entry(30, Verdict::exact), entry(5, Verdict::f32_fast),
                          entry(20, Verdict::exact), entry(2, Verdict::quantised)};
  EXPECT_EQ(rankings(cell), (std::vector<std::vector<size_t>>{{3, 1}, {2}, {0}, {4}}));
  EXPECT_EQ(ranking(cell), (std::vector<size_t>{3, 1, 2, 0, 4}));
}

TEST_F(Ranking, WhatFailedIsWrongOrWasNotCheckedIsInNone) {
  using record::Outcome;
  Summaries cell = {entry(1, Verdict::wrong), entry(1, Verdict::unchecked)};
  for (const auto outcome :
       {Outcome::unsupported, Outcome::crashed, Outcome::timed_out, Outcome::failed, Outcome::unsteady})
    cell.push_back(entry(1, Verdict::exact, outcome));
  cell.push_back(entry(9, Verdict::exact));
  cell.back().time_ms.reset();
  EXPECT_TRUE(rankings(cell).empty());
  EXPECT_EQ(ranking(cell).size(), cell.size());
}

TEST_F(Ranking, ClassesAreMeasuredApartAndTheFirstOfEachIsItsBaseline) {
  const std::vector<Verdict> verdicts = {Verdict::reduced,   Verdict::wrong, Verdict::exact,
                                         Verdict::unchecked, Verdict::exact, Verdict::reduced};
  EXPECT_EQ(comparable_groups(verdicts), (std::vector<std::vector<size_t>>{{2, 4}, {0, 5}}));
  EXPECT_TRUE(comparable_groups({}).empty());
}

}  // namespace
}  // namespace assay::decide
