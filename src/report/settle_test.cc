#include "report/settle.h"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

struct Cell {
  record::ContestantResult first, second;
  std::vector<decide::Summaries> cells;

  explicit Cell(stats::Comparison said, std::optional<double> half_width) {
    for (record::ContestantResult* result : {&first, &second}) {
      result->contestant = {result == &first ? "a" : "b", "v", "cpu", "1"};
      result->cell = {"m", "full", "latency", "f32"};
      result->accuracy.verdict = record::Verdict::exact;
    }
    cells.push_back({{.result = &first}, {.result = &second}});
    for (decide::Summary& summary : cells[0]) {
      summary.time_ms = decide::Figure{100, std::nullopt};
      summary.ratio_to = "a/v@cpu";
      summary.ratio = decide::Figure{1, std::nullopt};
    }
    cells[0][1].comparison = said;
    cells[0][1].half_width = half_width;
  }
};

TEST(Settle, SaysNothingWhereAllIsDecided) {
  for (const auto said : {stats::Comparison::faster, stats::Comparison::slower, stats::Comparison::equal})
    EXPECT_EQ(settle(Cell(said, 0.2).cells, 0.03, {.budget_s = 300}), "");
}

TEST(Settle, SaysHowMuchLongerToMeasure) {
  const Cell wide(stats::Comparison::not_told_apart, 0.051);
  EXPECT_EQ(
      settle(wide.cells, 0.03, {.budget_s = 300}),
      "1 ratio is not decided; the widest is known to ±5.1 % (b/v@cpu in m latency). To know all to ±3 %: "
      "--budget 20m.");
  EXPECT_NE(settle(wide.cells, 0.03, {.rounds = 6}).find("--rounds 24."), std::string::npos);
  const Cell rough(stats::Comparison::not_told_apart, 0.3);
  const std::string said = settle(rough.cells, 0.03, {.budget_s = 300});
  EXPECT_NE(said.find("138 times as long: stop what else runs"), std::string::npos) << said;
  EXPECT_EQ(said.find("--budget"), std::string::npos) << "hours that nobody waits: " << said;
}

TEST(Settle, AsksForAnIntervalFirst) {
  const Cell few(stats::Comparison::too_few_rounds, std::nullopt);
  EXPECT_EQ(settle(few.cells, 0.03, {.rounds = 1}),
            "1 ratio is not decided, for want of rounds: --rounds 6 brings an interval.");
}

}  // namespace
}  // namespace assay::report
