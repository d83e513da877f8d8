#include "decide/advice.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

struct Made {
  std::string framework;
  double ms = 100;
  int64_t memory = 500'000'000, footprint = 10'000'000;
  double start_s = 1, error = 1;
  record::Verdict verdict = record::Verdict::exact;
  std::string language = "C++";
};

// A store's worth of candidates, all of one run.
class Candidates {
 public:
  explicit Candidates(const std::vector<Made>& made) {
    run_.id = "1";
    for (const Made& one : made) run_.results.push_back(result_of(one));
    for (const Made& one : made) languages_.push_back(one.language);
  }
  record::ContestantResult& operator[](size_t i) { return run_.results[i]; }
  [[nodiscard]] Advice advise(Goal goal, const Constraints& constraints = {}) const {
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < run_.results.size(); ++i)
      candidates.push_back({{&run_.results[i], &run_}, languages_[i], {}});
    return decide::advise(std::move(candidates), goal, constraints);
  }

 private:
  static record::ContestantResult result_of(const Made& one) {
    record::ContestantResult result;
    result.contestant = {one.framework, "v", "cpu", "1"};
    result.cell = {"m", "full", "latency", "f32"};
    result.accuracy.verdict = one.verdict;
    result.accuracy.times_f32 = one.error;
    result.launch =
        record::Launch{.cold_s = one.start_s, .peak_bytes = one.memory, .footprint_bytes = one.footprint};
    for (int round = 0; round < 12; ++round)
      result.visits.push_back(
          {.block = round % 3, .round = round, .samples_ns = {static_cast<int64_t>(one.ms * 1e6)}});
    return result;
  }
  record::Run run_;
  std::vector<std::string> languages_;
};

std::vector<std::string> names(const Advice& advice, const std::vector<size_t>& of) {
  std::vector<std::string> names;
  for (const size_t i : of) names.push_back(advice.candidates[i].measured.result->contestant.framework);
  return names;
}

std::vector<std::string> reasons(const Advice& advice, const std::string& framework) {
  for (const Candidate& candidate : advice.candidates)
    if (candidate.measured.result->contestant.framework == framework) return candidate.ruled_out;
  return {};
}

using Names = std::vector<std::string>;

TEST(Advice, TheFastestIsTheChoice) {
  const Candidates made(
      {{.framework = "slow", .ms = 200}, {.framework = "fast", .ms = 50}, {.framework = "mid"}});
  const auto advice = made.advise(Goal::latency);
  EXPECT_EQ(names(advice, advice.eligible), (Names{"fast", "mid", "slow"}));
  EXPECT_TRUE(advice.places[0].fastest);
  EXPECT_EQ(advice.places[2].number, 3);
}

TEST(Advice, ConstraintsRuleOutAndAreNamed) {
  const Candidates made({{.framework = "fast", .ms = 50, .memory = 3'000'000'000},
                         {.framework = "large", .footprint = 5'000'000'000, .start_s = 60},
                         {.framework = "slow", .ms = 200},
                         {.framework = "rust", .ms = 90, .language = "Rust"}});
  const auto advice = made.advise(Goal::latency, {.latency_ms = 150,
                                                  .memory_bytes = 2'000'000'000,
                                                  .footprint_bytes = 50'000'000,
                                                  .start_s = 2,
                                                  .language = "c++"});
  EXPECT_TRUE(advice.eligible.empty());
  EXPECT_EQ(reasons(advice, "fast"), Names{"memory"});
  EXPECT_EQ(reasons(advice, "large"), (Names{"installed size", "start"}));
  EXPECT_EQ(reasons(advice, "slow"), Names{"time of a step"});
  EXPECT_EQ(reasons(advice, "rust"), Names{"language Rust"});
}

TEST(Advice, AFigureThatNobodyKnowsMeetsNoConstraint) {
  Candidates made({{.framework = "a"}});
  made[0].launch->peak_bytes.reset();
  EXPECT_EQ(reasons(made.advise(Goal::latency, {.memory_bytes = 1}), "a"), Names{"memory is not known"});
  EXPECT_EQ(made.advise(Goal::latency).eligible.size(), 1U);
}

TEST(Advice, NeverAdvisesWhatIsWrongFailedUncheckedOrUntimed) {
  using record::Verdict;
  Candidates made({{.framework = "wrong", .ms = 1, .verdict = Verdict::wrong},
                   {.framework = "unchecked", .ms = 1, .verdict = Verdict::unchecked},
                   {.framework = "failed", .ms = 1},
                   {.framework = "untimed"},
                   {.framework = "right", .ms = 900}});
  made[2].outcome = record::Outcome::crashed;
  made[2].failure = record::Failure{.outcome = record::Outcome::crashed};
  made[3].visits.clear();
  const auto advice = made.advise(Goal::latency);
  EXPECT_EQ(names(advice, advice.eligible), Names{"right"});
  EXPECT_EQ(reasons(advice, "wrong"), Names{"wrong"});
  EXPECT_EQ(reasons(advice, "unchecked"), Names{"unchecked"});
  EXPECT_EQ(reasons(advice, "failed"), Names{"crashed"});
  EXPECT_EQ(reasons(advice, "untimed"), Names{"not timed"});
}

TEST(Advice, ClassesStandApartAndExactCanBeAskedFor) {
  using record::Verdict;
  const Candidates made(
      {{.framework = "quick", .ms = 10, .verdict = Verdict::f32_fast}, {.framework = "exact"}});
  const auto advice = made.advise(Goal::latency);
  EXPECT_EQ(names(advice, advice.eligible), Names{"exact"});
  EXPECT_EQ(reasons(advice, "quick"), Names{"ranked apart: f32-fast"});
  const Candidates one({{.framework = "quick", .verdict = Verdict::f32_fast}});
  EXPECT_EQ(one.advise(Goal::latency).eligible.size(), 1U);
  EXPECT_EQ(reasons(one.advise(Goal::latency, {.exact = true}), "quick"), Names{"accuracy: f32-fast"});
}

TEST(Advice, TheFrontHasWhoIsBetterInSomething) {
  const Candidates made({{.framework = "fast", .ms = 50, .memory = 900'000'000},
                         {.framework = "small", .footprint = 1'000'000},
                         {.framework = "beaten", .ms = 120, .memory = 950'000'000, .footprint = 20'000'000},
                         {.framework = "accurate", .ms = 300, .error = 0.5}});
  const auto advice = made.advise(Goal::latency);
  std::vector<size_t> front;
  for (const size_t i : advice.front) front.push_back(advice.eligible[i]);
  EXPECT_EQ(names(advice, front), (Names{"fast", "small", "accurate"}));
}

TEST(Advice, StartAndSizeAreComparedByTheirFigures) {
  const Candidates made({{.framework = "a", .footprint = 10'100'000, .start_s = 4},
                         {.framework = "b", .footprint = 10'000'000, .start_s = 0.5},
                         {.framework = "c", .footprint = 30'000'000, .start_s = 2}});
  auto advice = made.advise(Goal::start);
  EXPECT_EQ(names(advice, advice.eligible), (Names{"b", "c", "a"}));
  EXPECT_TRUE(advice.places[0].fastest);
  advice = made.advise(Goal::size);
  EXPECT_EQ(names(advice, advice.eligible), (Names{"b", "a", "c"}));
  EXPECT_TRUE(advice.places[0].shared && advice.places[1].shared) << "one percent is no difference";
  EXPECT_EQ(advice.places[2].number, 3);
}

TEST(Advice, GoalsHaveNamesAndWorkloads) {
  for (const Goal goal :
       {Goal::latency, Goal::throughput, Goal::training, Goal::chat, Goal::start, Goal::size})
    EXPECT_EQ(goal_from_name(name(goal)), goal);
  EXPECT_FALSE(goal_from_name("speed"));
  EXPECT_EQ(workload_of(Goal::throughput), "inference");
  EXPECT_EQ(workload_of(Goal::chat), "generate");
}

}  // namespace
}  // namespace assay::decide
