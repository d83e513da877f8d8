#include "record/plausible.h"

#include <gtest/gtest.h>

namespace assay::record {
namespace {

Visit plausible_visit() {
  Visit visit;
  visit.block = 1;
  visit.round = 4;
  visit.samples_ns = {300, kMostSampleNs, 1};
  visit.requests = {{1, 500}, {2, 900}};
  return visit;
}

TEST(Plausible, AVisitThatWasMadeIs) {
  EXPECT_EQ(implausible(plausible_visit()), "");
  Visit old = plausible_visit();
  old.requests.clear();
  EXPECT_EQ(implausible(old), "") << "of before there were requests";
}

TEST(Plausible, SamplesMustBeTimes) {
  for (const std::vector<int64_t>& samples :
       {std::vector<int64_t>{}, {300, 0, 1}, {300, -1, 1}, {300, kMostSampleNs + 1, 1}}) {
    Visit visit = plausible_visit();
    visit.samples_ns = samples;
    EXPECT_EQ(implausible(visit), "the samples of block 1, round 4 are no times") << samples.size();
  }
}

// Reading them request by request would go beyond the samples.
TEST(Plausible, RequestsMustBeForTheStepsThatWereMade) {
  for (const std::vector<StepRequest>& requests :
       {std::vector<StepRequest>{{1, 500}}, {{4, 500}}, {{3, 500}, {0, 1}}, {{4, 500}, {-1, 1}}, {{3, -1}}}) {
    Visit visit = plausible_visit();
    visit.requests = requests;
    EXPECT_EQ(implausible(visit), "the requests of block 1, round 4 are not for its steps");
  }
}

}  // namespace
}  // namespace assay::record
