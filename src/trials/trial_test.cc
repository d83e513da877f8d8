// What a trial of the gate shows: only an answer that was found wrong is a refusal.
#include "trials/trial.h"

#include <gtest/gtest.h>

namespace assay::trials {
namespace {

using record::Outcome;
using record::Verdict;

Trial answered(const char* mutant, Verdict verdict) {
  Trial trial{.mutant = mutant};
  trial.judgement.accuracy.verdict = verdict;
  return trial;
}

Trial failed(const char* mutant, Outcome outcome) {
  Trial trial{.mutant = mutant};
  trial.failure = record::Failure{.outcome = outcome};
  return trial;
}

TEST(Trial, AnAnswerIsAsItShouldBeOrTheGateFailed) {
  EXPECT_EQ(finding(answered("", Verdict::exact)), Finding::held);
  EXPECT_EQ(finding(answered("", Verdict::reduced)), Finding::held);
  EXPECT_EQ(finding(answered("", Verdict::wrong)), Finding::failed);
  EXPECT_EQ(finding(answered("no-mask", Verdict::wrong)), Finding::held);
  EXPECT_EQ(finding(answered("no-mask", Verdict::exact)), Finding::failed);
  Trial below = answered("epsilon-last-digits", Verdict::exact);
  below.by_hash = true;
  EXPECT_EQ(finding(below), Finding::held);
}

TEST(Trial, AMutantThatWasNotAnsweredWasNotRefused) {
  for (const auto outcome : {Outcome::crashed, Outcome::timed_out, Outcome::failed, Outcome::unsupported})
    EXPECT_EQ(finding(failed("no-mask", outcome)), Finding::not_answered);
}

TEST(Trial, AContestantThatFailedShowsNothingButOneThatCannotIsNoFault) {
  EXPECT_EQ(finding(failed("", Outcome::crashed)), Finding::not_answered);
  EXPECT_EQ(finding(failed("", Outcome::failed)), Finding::not_answered);
  EXPECT_EQ(finding(failed("", Outcome::unsupported)), Finding::held);
}

}  // namespace
}  // namespace assay::trials
