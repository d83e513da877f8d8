#include "claims/judge.h"

#include <gtest/gtest.h>

#include <list>

namespace assay::claims {
namespace {

// Results on machines, as evidence.
class Results {
 public:
  struct More {
    std::string cpu = "AMD EPYC", language = "C++", model = "m", size = "full", linkage = "dynamic";
    int64_t footprint = 10'000'000;
    double error = 1;
    int rounds = 12;
    std::string gpu, device = "cpu";
    record::Verdict verdict = record::Verdict::exact;
  };
  void add(const std::string& framework, double ms, const More& more) {
    record::ContestantResult result;
    result.contestant = {framework, "v", more.device, "1"};
    result.cell = {more.model, more.size, "inference", "f32"};
    result.accuracy.verdict = more.verdict;
    result.accuracy.times_f32 = more.error;
    result.launch = record::Launch{.footprint_bytes = more.footprint};
    result.launch->footprint.linkage = more.linkage;
    for (int round = 0; round < more.rounds; ++round)
      result.visits.push_back(
          {.block = round % 3, .round = round, .samples_ns = {static_cast<int64_t>(ms * 1e6)}});
    record::Run& run = run_on(more.cpu);
    if (!more.gpu.empty()) run.host.gpus = {more.gpu};
    run.results.push_back(std::move(result));
    languages_.emplace_back(framework, more.language);
  }
  void add(const std::string& framework, double ms) { add(framework, ms, {}); }
  Judgement judge(const Claim& claim) {
    std::vector<Evidence> evidence;
    for (const record::Run& run : runs_)
      for (const auto& result : run.results)
        evidence.push_back({{&result, &run}, language(result.contestant.framework)});
    return claims::judge(claim, evidence);
  }

 private:
  record::Run& run_on(const std::string& cpu) {
    for (record::Run& run : runs_)
      if (run.host.cpu == cpu) return run;
    record::Run run;
    run.id = run.host.name = run.host.cpu = cpu;
    runs_.push_back(std::move(run));
    return runs_.back();
  }
  std::string language(const std::string& framework) const {
    for (const auto& [name, language] : languages_)
      if (name == framework) return language;
    return "";
  }
  std::list<record::Run> runs_;
  std::vector<std::pair<std::string, std::string>> languages_;
};

Claim ratio_of(const std::string& subject, const std::string& against, double factor,
               const std::string& cpu = "") {
  Claim claim;
  claim.machine.cpu = cpu;
  claim.query.subject.framework = subject;
  claim.query.against.framework = against;
  claim.query.factor = factor;
  return claim;
}

TEST(Claims, ARatioConfirmsOrRefutesWithItsFigures) {
  Results results;
  results.add("quick", 10);
  results.add("plain", 40);
  const auto judgement = results.judge(ratio_of("quick", "plain", 3));
  EXPECT_EQ(judgement.status, Status::confirmed);
  ASSERT_EQ(judgement.figures.size(), 1U);
  EXPECT_EQ(judgement.figures[0].text,
            "m inference on AMD EPYC: plain/v@cpu takes 4.00 [4.00, 4.00] times as long as quick/v@cpu");
  EXPECT_EQ(results.judge(ratio_of("quick", "plain", 5)).status, Status::refuted);
  EXPECT_EQ(results.judge(ratio_of("plain", "quick", 1)).status, Status::refuted);
}

TEST(Claims, SomeForAndSomeAgainstIsPartly) {
  Results results;
  results.add("a", 10);
  results.add("b", 20);
  results.add("a", 30, {.model = "n"});
  results.add("b", 20, {.model = "n"});
  EXPECT_EQ(results.judge(ratio_of("a", "b", 1)).status, Status::partly);
}

TEST(Claims, WhatIsNotTestedSaysWhatItNeeds) {
  Results results;
  results.add("quick", 10);
  results.add("plain", 40);
  const auto elsewhere = results.judge(ratio_of("quick", "plain", 3, "apple"));
  EXPECT_EQ(elsewhere.status, Status::not_tested);
  EXPECT_EQ(elsewhere.needs,
            "results of framework quick and of framework plain, on a machine with CPU apple");
  results.add("quick", 10, {.cpu = "Apple M3"});
  results.add("plain", 40, {.cpu = "Apple M3"});
  EXPECT_EQ(results.judge(ratio_of("quick", "plain", 3, "apple")).status, Status::confirmed)
      << "results of another machine count for it";
}

TEST(Claims, OnlyRightAnswersAtFullSizeCount) {
  Results results;
  results.add("a", 10, {.verdict = record::Verdict::wrong});
  results.add("b", 20);
  const auto judgement = results.judge(ratio_of("a", "b", 1));
  EXPECT_EQ(judgement.status, Status::undecided);
  ASSERT_EQ(judgement.figures.size(), 1U) << "what is there and does not count is said";
  EXPECT_EQ(judgement.figures[0].text, "m inference on AMD EPYC: a/v@cpu has no time that counts (wrong)");
  Results tiny;
  tiny.add("a", 10, {.size = "tiny"});
  tiny.add("b", 20, {.size = "tiny"});
  EXPECT_EQ(tiny.judge(ratio_of("a", "b", 1)).status, Status::not_tested);
}

TEST(Claims, FewRoundsDecideWhatIsFarApartOnly) {
  Results results;
  results.add("quick", 10, {.rounds = 1});
  results.add("plain", 40, {.rounds = 1});
  results.add("slow", 400, {.rounds = 1});
  EXPECT_EQ(results.judge(ratio_of("quick", "plain", 1)).status, Status::undecided) << "one round";
  EXPECT_EQ(results.judge(ratio_of("plain", "quick", 1)).status, Status::undecided);
  EXPECT_EQ(results.judge(ratio_of("quick", "slow", 1)).status, Status::confirmed) << "40 times";
  EXPECT_EQ(results.judge(ratio_of("quick", "slow", 30)).status, Status::undecided)
      << "40 is not far from 30";
  EXPECT_EQ(results.judge(ratio_of("slow", "quick", 1)).status, Status::refuted);
}

TEST(Claims, AMachineIsNamedByItsGpuToo) {
  Results results;
  results.add("a", 10, {.cpu = "Xeon", .gpu = "NVIDIA H100", .device = "cuda"});
  results.add("b", 20, {.cpu = "Xeon", .gpu = "NVIDIA H100", .device = "cuda"});
  Claim claim = ratio_of("a", "b", 1);
  claim.machine.gpu = "nvidia";
  const auto judgement = results.judge(claim);
  EXPECT_EQ(judgement.status, Status::confirmed);
  ASSERT_EQ(judgement.figures.size(), 1U);
  EXPECT_NE(judgement.figures[0].text.find("m inference on Xeon with NVIDIA H100: b/v@cuda takes 2.00"),
            std::string::npos)
      << judgement.figures[0].text;
}

TEST(Claims, SizesAndLinkageAreOfEachContestantOnce) {
  Results results;
  results.add("small", 10, {.language = "Rust", .linkage = "static", .footprint = 6'700'000});
  results.add("small", 10, {.language = "Rust", .model = "n", .linkage = "static", .footprint = 6'700'000});
  results.add("large", 10, {.language = "Rust", .linkage = "static", .footprint = 60'000'000});
  results.add("other", 10, {.footprint = 900'000'000});
  Claim claim;
  claim.query.kind = Kind::footprint;
  claim.query.subject.language = "rust";
  claim.query.least_mb = 5;
  claim.query.most_mb = 32;
  const auto judgement = results.judge(claim);
  EXPECT_EQ(judgement.status, Status::partly);
  ASSERT_EQ(judgement.figures.size(), 2U);
  EXPECT_EQ(judgement.figures[1].text, "small/v@cpu: 6.7 MB");
  claim.query.kind = Kind::linkage;
  claim.query.is = "static";
  EXPECT_EQ(results.judge(claim).status, Status::confirmed);
}

TEST(Claims, ErrorsAreComparedByTheirMedians) {
  Results results;
  results.add("a", 10, {.language = "Rust", .error = 3});
  results.add("b", 10, {.error = 1});
  Claim claim = ratio_of("", "", 2);
  claim.query.kind = Kind::error;
  claim.query.subject.language = "Rust";
  claim.query.against.framework = "b";
  EXPECT_EQ(results.judge(claim).status, Status::confirmed);
  claim.query.factor = 4;
  EXPECT_EQ(results.judge(claim).status, Status::refuted);
}

TEST(Claims, AFailureIsRefutedByWhoGetsThrough) {
  Results results;
  results.add("a", 10, {.verdict = record::Verdict::wrong});
  Claim claim;
  claim.query.kind = Kind::failure;
  claim.query.subject.framework = "a";
  EXPECT_EQ(results.judge(claim).status, Status::confirmed);
  results.add("a", 10, {.model = "n"});
  EXPECT_EQ(results.judge(claim).status, Status::partly);
}

}  // namespace
}  // namespace assay::claims
