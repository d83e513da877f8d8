// Tables over the sizes of requests and over numbers of threads, of results that were made up.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/sweep.h"
#include "report/thread_counts.h"

namespace assay::report {
namespace {

// Twelve rounds of steps that take `ms`; none where it is 0.
record::ContestantResult timed(std::string framework, std::string device, std::string workload, double ms,
                               int64_t items = 1) {
  record::ContestantResult result;
  result.contestant = {std::move(framework), "v", std::move(device), "1"};
  result.cell = {"m", "tiny", std::move(workload), "f32"};
  result.accuracy.verdict = record::Verdict::exact;
  result.limit = record::StepLimit{.items = items, .item = "tokens"};
  for (int round = 0; round < 12; ++round) {
    record::Visit visit;
    visit.block = round % 3;
    visit.round = round;
    for (int step = 0; step < 3; ++step)
      visit.samples_ns.push_back(static_cast<int64_t>(ms * 1e6 * (1 + 0.001 * ((round + step) % 3))));
    if (ms > 0) result.visits.push_back(visit);
  }
  return result;
}

record::ContestantResult crashed(std::string framework, std::string workload) {
  auto result = timed(std::move(framework), "cpu", std::move(workload), 0);
  result.outcome = record::Outcome::crashed;
  result.failure = record::Failure{.outcome = record::Outcome::crashed};
  return result;
}

using Rows = std::vector<std::vector<std::string>>;

record::Run run_of(std::vector<record::ContestantResult> results) {
  record::Run run;
  run.threads = 4;
  run.results = std::move(results);
  return run;
}

TEST(Sweep, IsATableOfRatesWithTheUsualSizeAtItsPlace) {
  record::Run run = run_of({timed("a", "cpu", "latency[@4096]", 20), timed("b", "cpu", "latency[@4096]", 40),
                            timed("a", "cpu", "latency", 10), crashed("b", "latency")});
  run.hashes["request m/tiny/latency"] = "latency[@128,x1]";
  run.hashes["request m/tiny/latency[@4096]"] = "latency[@4096,x1]";
  const auto cells = decide::summarise(run);
  const auto sweeps = decide::sweeps(run, cells);
  ASSERT_EQ(sweeps.size(), 1U);
  EXPECT_EQ(sweeps[0].cell.workload, "latency");
  EXPECT_EQ(sweep_table(sweeps[0]).rows, (Rows{{"contestant", "context 128", "context 4096"},
                                               {"a/v@cpu", "99.9", "50.0 *"},
                                               {"b/v@cpu", "crashed", "25.0"}}));
  const auto json = sweep_json(sweeps[0]);
  EXPECT_EQ(json["axis"], "context");
  EXPECT_EQ(json["series"][0]["points"][1]["workload"], "latency[@4096]");
  EXPECT_NEAR(json["series"][0]["points"][1]["items_per_s"], 50, 0.1);
  EXPECT_EQ(json["series"][1]["points"][0]["outcome"], "crashed");
}

TEST(Sweep, ARunThatKeptNoRequestsShowsTheUsualSizeAsSuch) {
  const record::Run run = run_of({timed("a", "cpu", "latency", 10), timed("a", "cpu", "latency[@4096]", 20)});
  const auto cells = decide::summarise(run);
  EXPECT_EQ(sweep_table(decide::sweeps(run, cells).at(0)).rows[0],
            (std::vector<std::string>{"contestant", "context usual", "context 4096"}));
}

TEST(Sweep, SizesOfOtherDimensionsMakeSweepsOfTheirOwn) {
  const record::Run run =
      run_of({timed("a", "cpu", "inference[64,x1]", 10, 64), timed("a", "cpu", "inference[256,x1]", 20, 256),
              timed("a", "cpu", "inference[512,x1]", 40, 512), timed("a", "cpu", "inference[64,x8]", 50, 512),
              timed("a", "cpu", "inference[256,x8]", 90, 2048), timed("a", "cpu", "training", 5)});
  const auto cells = decide::summarise(run);
  const auto sweeps = decide::sweeps(run, cells);
  ASSERT_EQ(sweeps.size(), 2U);
  EXPECT_EQ(sweeps[0].axis, record::Dimension::tokens);
  EXPECT_EQ(sweeps[0].cell.workload, "inference[x1]");
  EXPECT_EQ(sweeps[0].points.size(), 3U);
  EXPECT_EQ(sweeps[1].cell.workload, "inference[x8]");
}

TEST(Sweep, OneSizeIsNone) {
  const record::Run run = run_of({timed("a", "cpu", "latency", 10), timed("a", "cpu", "inference", 20)});
  EXPECT_EQ(sweeps_text(run, decide::summarise(run), "text"), "");
}

TEST(ThreadCounts, TellsTheBestOfEachContestant) {
  const record::Run run = run_of({timed("a", "cpu-1t", "latency", 40), timed("a", "cpu-2t", "latency", 20),
                                  timed("a", "cpu", "latency", 20), timed("b", "cpu", "latency", 9)});
  const auto cells = decide::summarise(run);
  EXPECT_EQ(thread_table(cells.at(0), run.threads).rows,
            (Rows{{"contestant", "1 thread", "2 threads", "4 threads", "best"},
                  {"a/v", "40.0 ms", "20.0 ms", "20.0 ms", "2 (not told apart: 4)"}}));
  const auto json = thread_json(cells.at(0), run.threads);
  EXPECT_EQ(json[0]["best"], 2);
  EXPECT_EQ(json[0]["threads"], (std::vector<int>{1, 2, 4}));
}

TEST(ThreadCounts, OneCountIsNoTable) {
  const record::Run run = run_of({timed("a", "cpu", "latency", 40), timed("b", "cpu", "latency", 20)});
  EXPECT_TRUE(thread_table(decide::summarise(run).at(0), 4).rows.empty());
}

}  // namespace
}  // namespace assay::report
