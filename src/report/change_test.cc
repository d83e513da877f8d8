#include "report/change.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/made_up_fixture.h"

namespace assay::report {
namespace {

using decide::Change;
using made_up::timed;

std::vector<std::string> row_of_change(const Change& change) {
  return change_table(std::span(&change, 1)).rows.at(1);
}

TEST(ChangeTable, SaysWhatBecameOfEachFigure) {
  auto slower = timed("a", 200);
  slower.contestant.version = "2";
  slower.launch->peak_bytes = 270'000'000;
  slower.accuracy.verdict = record::Verdict::f32_fast;
  slower.accuracy.rel_l2 = 3e-7;
  const auto before = made_up::run_of("1", {timed("a", 100)}), after = made_up::run_of("2", {slower});
  const auto row = row_of_change(decide::change_of(made_up::measured(before), made_up::measured(after)));
  EXPECT_EQ(row[0], "m inference");
  EXPECT_EQ(row[1], "a/v@cpu 1 → 2");
  EXPECT_EQ(row[2], "100 ms");
  EXPECT_EQ(row[3], "200 ms");
  EXPECT_EQ(row[4].find("2.00 ["), 0U) << row[4];
  EXPECT_TRUE(row[4].ends_with("] slower")) << row[4];
  EXPECT_EQ(row[5], "-") << "no launch of a block was timed";
  EXPECT_EQ((std::vector<std::string>{row.begin() + 6, row.end()}),
            (std::vector<std::string>{"0.50", "1.00", "3.00", "exact → f32-fast"}));
}

TEST(ChangeTable, TwoContestantsAreBothNamed) {
  const auto run = made_up::run_of("1", {timed("a", 100), timed("b", 100)});
  const auto row = row_of_change(decide::change_of(made_up::measured(run, 0), made_up::measured(run, 1)));
  EXPECT_EQ(row[1], "a/v@cpu → b/v@cpu");
  EXPECT_EQ(row[4], "1.00 [1.00, 1.00] equal within 3 %");
  EXPECT_EQ(row[9], "exact");
}

TEST(ChangeTable, AFailureStandsWhereItsTimeWould) {
  const auto before = made_up::run_of("1", {timed("a", 100)}),
             after = made_up::run_of("2", {made_up::crashed("a")});
  const auto row = row_of_change(decide::change_of(made_up::measured(before), made_up::measured(after)));
  EXPECT_EQ(row[3], "crashed");
  EXPECT_EQ(row[4], "-");
  auto untimed = timed("a", 1, 0, 0);
  EXPECT_EQ(time_or_outcome(untimed), "-");
}

TEST(PairingNote, IsForWhatIsNotOfOneRun) {
  const auto one = made_up::run_of("1", {timed("a", 100), timed("control", 50)}),
             two = made_up::run_of("2", {timed("a", 100), timed("control", 50)}),
             alone = made_up::run_of("3", {timed("a", 100)});
  const auto note = [](std::vector<Change> changes) { return pairing_note(changes); };
  using made_up::measured;
  EXPECT_EQ(note({decide::change_of(measured(one, 0), measured(one, 1))}), "");
  EXPECT_EQ(note({decide::change_of(measured(one), measured(two))}),
            "times of different runs are compared through control/v@cpu, which both have");
  const auto unpaired = decide::change_of(measured(one), measured(alone));
  EXPECT_EQ(note({unpaired}),
            "1 ratio is of runs that have nothing in common, and as wide as such runs differ");
  EXPECT_EQ(note({unpaired, unpaired}).find("2 ratios are of runs"), 0U);
}

TEST(ChangeJson, HasNullForWhatIsNotKnown) {
  const auto before = made_up::run_of("1", {timed("a", 100)}),
             after = made_up::run_of("2", {made_up::crashed("a")});
  const auto change = decide::change_of(made_up::measured(before), made_up::measured(after));
  const auto document = nlohmann::json::parse(change_json(std::span(&change, 1)));
  EXPECT_TRUE(document[0]["time"].is_null());
  EXPECT_TRUE(document[0]["before"]["label"].is_null());
  EXPECT_EQ(document[0]["after"]["outcome"], "crashed");
}

}  // namespace
}  // namespace assay::report
