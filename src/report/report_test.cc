#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "report/figures.h"
#include "report/json.h"
#include "report/table.h"

namespace assay::report {
namespace {

// What is shown of results that were made up; the figures of their summaries too.
struct Shown {
  std::deque<record::ContestantResult> results;
  decide::Summaries cell;

  Shown(std::initializer_list<std::pair<record::ContestantResult, std::optional<double>>> made_up) {
    for (const auto& [result, ms] : made_up) {
      results.push_back(result);
      cell.push_back({.result = &results.back()});
      if (!ms) continue;
      cell.back().time_ms = decide::Figure{*ms, stats::Bounds{*ms * 0.9, *ms * 1.1}};
      cell.back().ratio_to = "a/v@cpu";
      cell.back().ratio = decide::Figure{1, std::nullopt};
      cell.back().place.number = 1;
    }
  }
  [[nodiscard]] std::span<const decide::Summaries> cells() const { return {&cell, 1}; }
};

std::pair<record::ContestantResult, std::optional<double>> measured(std::string framework, double ms) {
  record::ContestantResult entry;
  entry.contestant = {std::move(framework), "v", "cpu", "1.2"};
  entry.cell = {"m", "full", "inference", "f32"};
  entry.accuracy = {record::Verdict::exact, 1e-7, 2e-7, 1.25, "logits", ""};
  entry.launch =
      record::Launch{4.2, 1, 2, 1.2, 540'000'000, std::nullopt, 400'000'000, 140'000'000, 0.9, "f32", {}};
  entry.launch->footprint.packages = {{"sample", "2.15.0+cpu", "cp311"}};
  entry.launch->footprint.mapped = {{"sample/lib.so", record::Origin::framework, 30, 50},
                                    {"/lib/libc.so.6", record::Origin::system, 2, 3}};
  entry.warm_starts = {{0, 2.5, 1, 1, 0.5}};
  entry.limit = record::StepLimit{2e10, 1e10, 5e8, 128, "tokens", 50, 25};
  return {entry, ms};
}

std::pair<record::ContestantResult, std::optional<double>> failed() {
  record::ContestantResult entry;
  entry.contestant = {"broken", "v", "cpu", ""};
  entry.cell = {"m", "full", "inference", "f32"};
  entry.outcome = record::Outcome::crashed;
  entry.failure = record::Failure{
      entry.outcome, record::Reason::none, "killed by signal 11\nmore", {{"n", "Attention", "x"}}, "tail"};
  return {entry, std::nullopt};
}

TEST(Figures, HaveThreeDigitsAndAUnit) {
  EXPECT_EQ(milliseconds(182.04), "182 ms");
  EXPECT_EQ(milliseconds(4.3123), "4.31 ms");
  EXPECT_EQ(milliseconds(0.0215), "21.5 us");
  EXPECT_EQ(milliseconds(12'410), "12.4 s");
  EXPECT_EQ(seconds(4.12), "4.1 s");
  EXPECT_EQ(seconds(125), "2 min 5 s");
  EXPECT_EQ(bytes(540'000'000), "540 MB");
  EXPECT_EQ(bytes(5'270'000'000), "5.27 GB");
  EXPECT_EQ(count(134'515'008), "135 M");
}

TEST(Figures, AnErrorThatCouldNotBeMeasuredIsNotShown) {
  EXPECT_EQ(accuracy({record::Verdict::exact, 1e-7, 1e-7, 1.25, "logits", ""}), "exact (1.2x)");
  EXPECT_EQ(accuracy({record::Verdict::wrong, 0, 0, 0, "logits", "missing"}), "wrong");
  EXPECT_EQ(accuracy({}), "unchecked");
}

TEST(Json, IsTheDocumentedDocument) {
  record::Run run;
  run.id = "r";
  const Shown shown{measured("a", 100), failed()};
  run.looks = {{.measured = "then", .threads = 2}};
  const auto document = nlohmann::json::parse(to_json(run, shown.cells()));
  EXPECT_EQ(document["schema"], 3);
  EXPECT_EQ(document["limits_looks"][0]["measured"], "then");
  const auto& first = document["results"][0];
  for (const char* key :
       {"contestant", "framework",       "version", "variant",   "device", "model",   "size",  "workload",
        "precision",  "outcome",         "reason",  "verdict",   "error",  "time_ms", "ratio", "start_s",
        "peak_bytes", "footprint_bytes", "memory",  "footprint", "limit",  "derived"})
    EXPECT_TRUE(first.contains(key)) << key;
  for (const char* key : {"place", "fastest", "half_width", "reached_target", "why_wide"})
    EXPECT_TRUE(first.contains(key)) << key;
  for (const char* key : {"p50", "p90", "p95", "p99", "blocks", "disturbed_rounds"})
    EXPECT_TRUE(first["time_ms"].contains(key)) << key;
  EXPECT_EQ(first["time_ms"]["p99"], nullptr) << "too few samples for it";
  EXPECT_EQ(first["ratio"]["comparison"], "none");
  EXPECT_EQ(first["fastest"], "perhaps");
  EXPECT_EQ(first["place"]["number"], 1);
  EXPECT_EQ(document["results"][1]["fastest"], nullptr);
  EXPECT_EQ(document["results"][1]["place"], nullptr);
  EXPECT_EQ(document["cells"][0]["workload"], "inference");
  EXPECT_FALSE(document["cells"][0]["answer"].empty());
  EXPECT_EQ(document["target"], nullptr);
  EXPECT_EQ(first["verdict"], "exact");
  EXPECT_EQ(first["ratio"]["low"], nullptr) << "not known is null, never NaN";
  EXPECT_EQ(first["peak_bytes"], 540'000'000);
  EXPECT_EQ(first["footprint_bytes"], nullptr);
  EXPECT_EQ(first["memory"]["anonymous_bytes"], 400'000'000);
  EXPECT_EQ(first["start_s"]["dropped_share"], 0.9);
  EXPECT_EQ(first["start_s"]["warm"]["total"], 2.5);
  EXPECT_EQ(first["footprint"]["packages"][0]["version"], "2.15.0+cpu");
  EXPECT_EQ(first["footprint"]["mapped"]["framework"]["code_bytes"], 30);
  EXPECT_EQ(first["footprint"]["linkage"], nullptr);
  EXPECT_EQ(first["limit"]["ms"], 50);
  EXPECT_EQ(first["limit"]["share"], 0.5);
  EXPECT_EQ(first["limit"]["bound"], "compute");
  EXPECT_EQ(first["limit"]["measured_ms"], 50);
  EXPECT_EQ(first["limit"]["source"], "measured");
  EXPECT_EQ(first["derived"]["items_per_s"], 1280);
  EXPECT_EQ(first["derived"]["item"], "tokens");
  EXPECT_EQ(first["derived"]["joules_per_step"], nullptr);
  EXPECT_EQ(document["results"][1]["limit"], nullptr);
  EXPECT_EQ(document["results"][1]["outcome"], "crashed");
  EXPECT_EQ(document["results"][1]["nodes"][0]["op"], "Attention");
  EXPECT_EQ(document["results"][1]["time_ms"], nullptr);
}

TEST(Json, SurvivesTextThatIsNotUtf8) {
  record::Run run;
  run.command = "assay run -m \xff\xfe";
  EXPECT_FALSE(nlohmann::json::parse(to_json(run, {}), nullptr, false).is_discarded());
}

TEST(Table, RanksByMedianAndPutsWhatHasNoTimeBelow) {
  Shown cell{failed(), measured("slow", 200), measured("fast", 100)};
  const Table table = results_table(cell.cell);
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(table.rows[1][1], "fast/v@cpu");
  EXPECT_EQ(table.rows[1][0], "1");
  EXPECT_EQ(table.rows[3][1], "broken/v@cpu");
  EXPECT_EQ(table.rows[3][0], "");
  EXPECT_EQ(table.rows[3].back(), "crashed: killed by signal 11");
}

TEST(Table, ShowsTheShareOfTheLimitAndTheDetails) {
  Shown cell{measured("fast", 100), failed()};
  const Table table = results_table(cell.cell);
  EXPECT_EQ(table.rows[0][4], "of limit");
  EXPECT_EQ(table.rows[1][4], "50.0 %");
  EXPECT_EQ(table.rows[2][4], "-");
  Shown failed_first{failed(), measured("fast", 100)};
  const Table details = details_table(failed_first.cell);
  EXPECT_EQ(details.rows[0][1], "tokens/s");
  EXPECT_EQ(details.rows[1][1], "1.28 k");
  EXPECT_EQ(details.rows[1][4], "2.5 s");
  EXPECT_EQ(details.rows[2][1], "-");
}

TEST(Table, SaysWhoIsBeyondTheLimitAndThatItWasRaised) {
  Shown shown{measured("a", 40), measured("b", 100)};
  EXPECT_EQ(results_table(shown.cell).rows[1].back(), "1.25 x the limit as measured");
  EXPECT_EQ(results_table(shown.cell).rows[2].back(), "");
  for (auto& entry : shown.cell) {
    entry.raised_limit_ms = 42;
    entry.raised_by = {"a", "c"};
  }
  const std::string said =
      "the machine proved quicker than measured: a step takes at least 42.0 ms and not 50.0 ms (raised by a "
      "and c)\n";
  EXPECT_EQ(results_table(shown.cell).rows[1].back(), "");
  EXPECT_EQ(results_table(shown.cell).rows[1][4], "105 %");
  for (const std::string& text : {results_text(shown.cells(), false), results_markdown(shown.cells())}) {
    EXPECT_NE(text.find(said), std::string::npos) << text;
    EXPECT_EQ(text.find(said), text.rfind(said)) << "once for a cell";
  }
  const auto limit = nlohmann::json::parse(to_json(record::Run(), shown.cells()))["results"][1]["limit"];
  EXPECT_EQ(limit["ms"], 42);
  EXPECT_EQ(limit["measured_ms"], 50);
  EXPECT_EQ(limit["source"], "raised by a and c");
}

TEST(Table, SaysWhoIsFastestAndWhoIsNotToldApart) {
  Shown cell{measured("a", 100), measured("b", 120)};
  cell.cell[1].ratio = decide::Figure{1.2, stats::Bounds{1.17, 1.23}};
  cell.cell[1].comparison = stats::Comparison::slower;
  cell.cell[0].place = {1, false, true};
  cell.cell[1].place = {2, false, false};
  Table table = results_table(cell.cell);
  EXPECT_EQ(table.rows[1].back(), "fastest");
  EXPECT_EQ(table.rows[1][3], "1");
  EXPECT_EQ(table.rows[2][0], "2");
  EXPECT_EQ(table.rows[2][3], "1.20 [1.17, 1.23] slower");
  cell.cell[0].place = cell.cell[1].place = {1, true, false};
  cell.cell[1].ratio = decide::Figure{1.05, stats::Bounds{0.80, 1.36}};
  cell.cell[1].comparison = stats::Comparison::not_told_apart;
  cell.cell[1].half_width = 0.27;
  table = results_table(cell.cell);
  EXPECT_EQ(table.rows[1][0], "1=");
  EXPECT_EQ(table.rows[2][0], "1=");
  EXPECT_EQ(table.rows[2][3], "1.05 [0.80, 1.36] not told apart (±27 %)");
  cell.cell[1].ratio = decide::Figure{1.01, stats::Bounds{0.99, 1.02}};
  cell.cell[1].comparison = stats::Comparison::equal;
  EXPECT_EQ(results_table(cell.cell).rows[2][3], "1.01 [0.99, 1.02] equal within 3 %");
  cell.cell[1].place = {};
  cell.cell[1].ratio = decide::Figure{2.1, std::nullopt};
  cell.cell[1].comparison = stats::Comparison::too_few_rounds;
  table = results_table(cell.cell);
  EXPECT_EQ(table.rows[2][0], "?") << "nobody knows";
  EXPECT_EQ(table.rows[2][3], "2.10 too few rounds");
}

TEST(Table, ClassesAreRankedApartAndTheFootSaysSo) {
  Shown cell{measured("short", 10), measured("a", 100), measured("b", 120)};
  EXPECT_TRUE(results_foot(cell.cell).empty());
  cell.results[0].accuracy.verdict = record::Verdict::reduced;
  cell.cell[0].ratio_to = "short/v@cpu";
  cell.cell[2].place.number = 2;
  const Table table = results_table(cell.cell);
  EXPECT_EQ(table.rows[0][3], "ratio to a/v@cpu");
  EXPECT_EQ(table.rows[1][1] + table.rows[1][0], "a/v@cpu1");
  EXPECT_EQ(table.rows[2][1] + table.rows[2][0], "b/v@cpu2");
  EXPECT_EQ(table.rows[3][1] + table.rows[3][0], "short/v@cpu1");
  const auto foot = results_foot(cell.cell);
  ASSERT_EQ(foot.size(), 3U);
  EXPECT_EQ(foot[1], "exact: ratio to a/v@cpu");
  EXPECT_EQ(foot[2], "reduced: ratio to short/v@cpu");
  const record::Run run;
  EXPECT_NE(results_text(cell.cells(), false).find("ranked apart"), std::string::npos);
  EXPECT_NE(results_markdown(cell.cells()).find("ranked apart"), std::string::npos);
  const auto document = nlohmann::json::parse(to_json(run, cell.cells()));
  EXPECT_EQ(document["results"][0]["ranking"], "reduced");
  EXPECT_EQ(document["results"][1]["ranking"], "exact");
}

TEST(Json, WhatFailedIsInNoRanking) {
  Shown shown{measured("a", 100)};
  shown.results[0].outcome = record::Outcome::failed;
  shown.results[0].failure = record::Failure{};
  shown.cell[0].place.number = 1;
  const auto document = nlohmann::json::parse(to_json(record::Run(), shown.cells()));
  EXPECT_EQ(document["results"][0]["ranking"], nullptr);
  EXPECT_EQ(document["results"][0]["fastest"], nullptr);
}

TEST(Table, DetailsHaveThePercentilesThatThereAreSamplesFor) {
  Shown cell{measured("a", 100)};
  cell.cell[0].percentiles_ms.p90 = 120;
  const Table table = samples_table(cell.cell);
  EXPECT_EQ(table.rows[1][2], "120 ms");
  EXPECT_EQ(table.rows[1][4], "-");
}

TEST(Table, AWrongResultIsStruckThroughInColour) {
  Shown shown{measured("a", 100)};
  shown.results[0].accuracy.verdict = record::Verdict::wrong;
  EXPECT_NE(results_text(shown.cells(), true).find("\033[9;31m"), std::string::npos);
  EXPECT_EQ(results_text(shown.cells(), false).find('\033'), std::string::npos);
}

// A store, a folder or a runner may hold anything; the terminal gets none of it.
TEST(Table, ShowsNoControlCharactersWhereverTheyComeFrom) {
  Shown shown{measured("a\033[2J", 100), failed()};
  for (auto& entry : shown.results) entry.cell.model = "m\u202Eledom\n";
  shown.results[1].failure->message = "line\u2028separator\033]0;title\a";
  for (const std::string& text :
       {results_text(shown.cells(), false), details_text(shown.cells()), results_markdown(shown.cells())})
    for (const char* bad : {"\033", "\a", "\u202E", "\u2028"})
      EXPECT_EQ(text.find(bad), std::string::npos) << text;
}

}  // namespace
}  // namespace assay::report
