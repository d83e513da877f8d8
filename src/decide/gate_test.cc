#include "decide/gate.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

record::ContestantResult answered(const std::string& framework) {
  record::ContestantResult result;
  result.contestant = {framework, "v", "cpu", "1"};
  result.cell = {"m", "full", "inference", "f32"};
  result.accuracy.verdict = record::Verdict::exact;
  return result;
}

record::ContestantResult not_set_up(const std::string& framework) {
  record::ContestantResult result = answered(framework);
  result.accuracy = {};
  result.outcome = record::Outcome::unsupported;
  result.failure = record::Failure{.outcome = result.outcome,
                                   .reason = record::Reason::not_set_up,
                                   .message = framework + " is not set up\nmore"};
  return result;
}

// A run to be judged, and who is gone from it of a baseline with "a" and "b"; "a" is judged.
struct GoneFrom {
  explicit GoneFrom(std::vector<record::ContestantResult> results, bool complete = true, bool asks = true) {
    run.results = std::move(results);
    run.complete = complete;
    baseline.results = {answered("a"), answered("b")};
    asks_for = [asks](const auto&, const auto&) { return asks; };
  }
  [[nodiscard]] std::vector<Gone> found() const {
    const std::vector<Measured> before = {{&baseline.results[0], &baseline},
                                          {&baseline.results[1], &baseline}};
    const std::vector<Measured> after = {{&run.results[0], &run}};
    const std::vector<const record::Run*> runs = {&run};
    return gone(before, after, runs, asks_for);
  }
  record::Run run, baseline;
  AsksFor asks_for;
};

TEST(Gone, NobodyWhoIsJudged) {
  GoneFrom from({answered("a")});
  from.baseline.results.pop_back();
  from.baseline.results.push_back(answered("a"));
  EXPECT_TRUE(from.found().empty());
}

TEST(Gone, OneThatTheRunHasAnEntryOfWasAskedFor) {
  const auto found = GoneFrom({answered("a"), not_set_up("b")}).found();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].asked_for);
  EXPECT_EQ(found[0].why, "b is not set up");
  EXPECT_EQ(GoneFrom({answered("a"), answered("b")}).found()[0].why, "the run ended before it was measured");
}

TEST(Gone, ACompleteRunHasAnEntryOfEverybodyWhoWasAskedFor) {
  const auto found = GoneFrom({answered("a")}).found();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].asked_for);
}

TEST(Gone, OfARunThatIsNotCompleteItsWordsDecide) {
  EXPECT_FALSE(GoneFrom({answered("a")}, false, false).found()[0].asked_for);
  GoneFrom asked({answered("a")}, false, true);
  EXPECT_TRUE(asked.found()[0].asked_for);
  EXPECT_EQ(asked.found()[0].why, "the run ended before it came to it");
  asked.run.faults = {{answered("b").cell, "no truth"}};
  EXPECT_EQ(asked.found()[0].why, "no truth");
}

TEST(Gone, WhoWasWrongOrFailedInTheBaselineIsNoLoss) {
  GoneFrom from({answered("a"), not_set_up("b")});
  from.baseline.results[1].accuracy.verdict = record::Verdict::wrong;
  EXPECT_TRUE(from.found().empty());
  from.baseline.results[1] = not_set_up("b");
  EXPECT_TRUE(from.found().empty());
}

TEST(Gate, PassesWhereNothingBecameWorseAndNobodyIsMissing) {
  Gate gate;
  EXPECT_TRUE(passed(gate));
  gate.judged.push_back({});
  gate.gone.push_back({});
  EXPECT_TRUE(passed(gate)) << "nobody asked for it";
  gate.gone[0].asked_for = true;
  EXPECT_FALSE(passed(gate));
  gate.gone.clear();
  gate.judged[0].losses = {"slower"};
  EXPECT_FALSE(passed(gate));
}

}  // namespace
}  // namespace assay::decide
