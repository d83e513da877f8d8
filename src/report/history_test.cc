#include "report/history.h"

#include <gtest/gtest.h>

#include "report/made_up_fixture.h"

namespace assay::report {
namespace {

using made_up::timed;

// Runs of "a", beside a control where there is one, with these times and versions.
struct Story {
  struct Run {
    double ms;
    std::string version = "1";
  };
  Story(const std::vector<Run>& told, bool control) {
    for (const Run& one : told) {
      auto result = timed("a", one.ms, 0.002);
      result.contestant.version = one.version;
      std::vector<record::ContestantResult> results = {result};
      if (control) results.push_back(timed("control", 50, 0.002));
      runs.push_back(made_up::run_of(std::to_string(runs.size() + 1), results));
    }
    for (const auto& run : runs) measured.push_back(made_up::measured(run));
    history = decide::history_of(measured);
  }
  std::vector<record::Run> runs;
  std::vector<decide::Measured> measured;
  decide::History history;
};

TEST(HistoryTable, MarksVersionsAndChanges) {
  Story story({{100}, {100}, {150, "2"}, {150, "2"}}, true);
  const Table table = history_table(story.history);
  EXPECT_EQ(table.rows[0][4], "ratio to control/v@cpu");
  ASSERT_EQ(table.rows.size(), 5U);
  EXPECT_EQ(table.rows[1][6], "");
  EXPECT_EQ(table.rows[3][6].find("new version; from here on 50.0 % slower ["), 0U) << table.rows[3][6];
  EXPECT_EQ(table.rows[4][6], "");
  EXPECT_EQ(table.rows[3][3].find("150 ms [1"), 0U);
  EXPECT_EQ(table.rows[3][4].find("3.00 ["), 0U);
}

TEST(HistoryTable, LabelsAndFailuresAreShown) {
  Story story({{100}, {100}}, false);
  story.runs[0].label = "before";
  story.runs[1].results[0] = made_up::crashed("a");
  const Table table = history_table(decide::history_of(story.measured));
  EXPECT_EQ(table.rows[0][4], "ratio");
  EXPECT_EQ(table.rows[1][1], "1 (before)");
  EXPECT_EQ(table.rows[1][4], "-");
  EXPECT_EQ(table.rows[2][3], "-");
  EXPECT_EQ(table.rows[2][6], "crashed: signal 11");
}

TEST(HistoryTable, CsvHasTheControlInAColumn) {
  const Story story({{100}, {100}}, true), alone({{100}}, false);
  const Table table = history_csv_table(story.history);
  EXPECT_EQ(table.rows[0][4], "ratio");
  EXPECT_EQ(table.rows[0].back(), "ratio to");
  EXPECT_EQ(table.rows[1].back(), "control/v@cpu");
  EXPECT_EQ(history_csv_table(alone.history).rows[1].back(), "-");
}

TEST(HistorySentences, SayWhenHowMuchAndWithWhichVersion) {
  const Story slower({{100}, {100}, {150, "2"}, {150, "2"}}, true);
  auto said = history_sentences(slower.history);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].find("2026-01-03T00:00:00Z: 50.0 % slower [50.0, 50.0]"), 0U) << said[0];
  EXPECT_TRUE(said[0].ends_with(", with version 2 after 1")) << said[0];
  const Story faster({{150}, {150}, {75}, {75}}, true);
  said = history_sentences(faster.history);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find(": 50.0 % faster [50.0, 50.0]"), std::string::npos) << said[0];
  EXPECT_TRUE(said[0].ends_with(", version 1")) << said[0];
  EXPECT_TRUE(history_sentences(Story({{100}, {100}}, true).history).empty());
}

}  // namespace
}  // namespace assay::report
