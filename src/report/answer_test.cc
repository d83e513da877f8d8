#include "report/answer.h"

#include <gtest/gtest.h>

#include "report/made_up_fixture.h"

namespace assay::report {
namespace {

using made_up::timed;

std::vector<std::string> said(const std::vector<record::ContestantResult>& cell) {
  return answer(decide::summarise(cell, 0.03));
}

TEST(Answer, NamesTheFastestAndWhatItCostsAgainstTheRunnerUp) {
  const auto sentences = said({timed("slow", 130), timed("fast", 100), timed("slower", 200)});
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_EQ(
      sentences[0],
      "m inference: take fast/v@cpu, 100 ms a step; it is faster than each of the 2 others that answer as "
      "exactly.");
  EXPECT_EQ(sentences[1],
            "Next comes slow/v@cpu, 1.30 [1.30, 1.30] times as long; the choice against it: memory 540 MB to "
            "540 MB, "
            "start 4.2 s to 4.2 s, installed 3.00 MB to 3.00 MB, error in float32 roundings 1.2x to 1.2x.");
}

TEST(Answer, SaysWhoIsEqualAndWhoIsNotToldApart) {
  EXPECT_NE(said({timed("a", 100), timed("b", 100.5)})[0].find("take a/v@cpu"), std::string::npos);
  const auto equal = said({timed("a", 100, 0.002), timed("b", 100, 0.002)});
  EXPECT_NE(equal[0].find("is equal to it within 3 %."), std::string::npos) << equal[0];
  const auto unknown = said({timed("a", 100, 0.3), timed("b", 101, 0.3), timed("c", 500)});
  EXPECT_NE(unknown[0].find("b/v@cpu (±"), std::string::npos) << unknown[0];
  EXPECT_NE(unknown[0].find("is not told apart from it."), std::string::npos) << unknown[0];
  const auto few = said({timed("a", 100), timed("b", 101), timed("c", 102, 0, 3)});
  EXPECT_NE(few[0].find("of c/v@cpu there are too few rounds."), std::string::npos) << few[0];
}

TEST(Answer, NeverTakesWhatIsWrongOrFailed) {
  auto wrong = timed("wrong", 1);
  wrong.accuracy.verdict = record::Verdict::wrong;
  auto failed = timed("failed", 1);
  failed.outcome = record::Outcome::crashed;
  failed.failure = record::Failure{.outcome = record::Outcome::crashed};
  const auto sentences = said({wrong, failed, timed("slow", 900)});
  EXPECT_EQ(sentences[0],
            "m inference: take slow/v@cpu, 900 ms a step; nothing else here can be compared with it.");
  EXPECT_EQ(sentences[1], "Without a time that counts: wrong/v@cpu (wrong) and failed/v@cpu (crashed).");
  EXPECT_EQ(said({wrong, failed})[0], "m inference: nothing here can be taken.");
  EXPECT_TRUE(said({}).empty());
}

TEST(Answer, TheMostExactClassAnswersAndTheOthersAreNamed) {
  auto quick = timed("quick", 10);
  quick.accuracy.verdict = record::Verdict::f32_fast;
  const auto sentences = said({quick, timed("a", 100)});
  EXPECT_NE(sentences[0].find("take a/v@cpu"), std::string::npos);
  EXPECT_EQ(sentences[1], "Ranked apart, being less exact: quick/v@cpu (f32-fast, 10.0 ms).");
  EXPECT_NE(said({quick})[0].find("take quick/v@cpu, which is f32-fast, not exact"), std::string::npos);
}

TEST(Answer, NamesFromOutsideStayOnOneLine) {
  const auto sentences = said({timed("a\033[2J\n", 100)});
  EXPECT_EQ(sentences[0].find('\033'), std::string::npos);
  EXPECT_EQ(sentences[0].find('\n'), std::string::npos);
}

}  // namespace
}  // namespace assay::report
