#include "report/gate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/made_up_fixture.h"

namespace assay::report {
namespace {

using made_up::timed;

record::ContestantResult in_training(record::ContestantResult result) {
  result.cell.workload = "training";
  return result;
}

// A baseline of four, of whom one is judged, one was asked for and failed, and two nobody asked for.
struct Found {
  Found() {
    const auto change = decide::change_of(made_up::measured(before, 0), made_up::measured(after, 0));
    gate.judged.push_back({change, {"a step is 100.0 % slower"}});
    gate.gone = {{made_up::measured(before, 1), true, "is not set up"},
                 {made_up::measured(before, 2), false, "not asked for"},
                 {made_up::measured(before, 3), false, "not asked for"},
                 {made_up::measured(before, 4), false, "not asked for"}};
  }
  record::Run before = made_up::run_of("1", {timed("a", 100), timed("b", 50), timed("c", 70),
                                             in_training(timed("a", 300)), in_training(timed("b", 300))});
  record::Run after = made_up::run_of("2", {timed("a", 200)});
  decide::Gate gate;
};

TEST(GateWords, LossesAreThoseThatBecameWorseAndThoseWhoAreGone) {
  const Found found;
  EXPECT_EQ(gate_losses(found.gate),
            (std::vector<std::string>{"a/v@cpu m inference: a step is 100.0 % slower",
                                      "b/v@cpu m inference: no result now: is not set up"}));
  EXPECT_TRUE(gate_losses({}).empty());
}

TEST(GateWords, WhoWasNotAskedForIsNamedACellOfNobodyOnce) {
  Found found;
  EXPECT_EQ(not_asked_note(found.gate),
            "in the baseline and not asked for here: c/v@cpu (m inference); m training");
  found.gate.gone.resize(1);
  EXPECT_EQ(not_asked_note(found.gate), "");
}

TEST(GateTable, HasARowForWhoIsGoneToo) {
  const Found found;
  const Table table = gate_table(found.gate);
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[0].back(), "worse");
  EXPECT_EQ(table.rows[1].back(), "a step is 100.0 % slower");
  EXPECT_EQ(table.rows[2][1], "b/v@cpu");
  EXPECT_EQ(table.rows[2][2], "50.0 ms");
  EXPECT_EQ(table.rows[2][3], "-");
  EXPECT_EQ(table.rows[2].back(), "no result now: is not set up");
  EXPECT_EQ(table.rows[2].size(), table.rows[0].size());
}

TEST(GateJson, SaysWhoIsGoneAndWhetherThatWasAskedFor) {
  const auto document = nlohmann::json::parse(gate_json(Found().gate));
  EXPECT_EQ(document["passed"], false);
  EXPECT_EQ(document["gone"].size(), 4U);
  EXPECT_EQ(document["gone"][0]["asked_for"], true);
  EXPECT_EQ(document["gone"][1]["contestant"], "c/v@cpu");
  EXPECT_EQ(document["losses"].size(), 2U);
  EXPECT_EQ(document["changes"].size(), 1U);
}

}  // namespace
}  // namespace assay::report
