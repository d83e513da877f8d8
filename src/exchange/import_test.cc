#include "exchange/import.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>

#include "base/part_file.h"
#include "exchange/continuation.h"
#include "exchange/equal_records_fixture.h"
#include "exchange/full_run_fixture.h"
#include "exchange/results_file.h"

namespace assay::exchange {
namespace {

namespace fs = std::filesystem;

class Import : public testing::Test {
 protected:
  Import()
      : folder_(fs::path(testing::TempDir()) / fmt::format("import-{}", ::getpid())),
        file_(folder_ / "results.jsonl") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    store_ = store::open_sqlite(folder_ / "assay.db").value();
  }
  ~Import() override { fs::remove_all(folder_); }

  Result<Taken> take(const record::Run& run) { return Importer(*store_, Importer::Mode::store).take(run); }
  record::Run stored(const std::string& id = full_run().id) { return store_->load(id).value(); }

  Imported take_file(const std::vector<record::Run>& runs, Importer::Mode mode = Importer::Mode::store) {
    PartFile file(file_);
    ResultsWriter writer([&](std::string_view text) { return file.write(text); });
    EXPECT_TRUE(writer.begin({"0.1.0", "2026"}));
    for (const record::Run& run : runs) EXPECT_TRUE(writer.add(run));
    EXPECT_TRUE(writer.end());
    EXPECT_TRUE(file.commit());
    const std::atomic<bool> stop{false};
    return Importer(*store_, mode).take_file(file_, stop);
  }

  fs::path folder_, file_;
  std::unique_ptr<store::Store> store_;
};

std::string counts(const Imported& imported) {
  return fmt::format("{} {} {} {} {}", imported.added, imported.continued, imported.known,
                     imported.refused.size(), imported.trouble ? imported.trouble->message : "-");
}

TEST_F(Import, AStoreGivesBackEveryFieldThatWasInTheFile) {
  EXPECT_EQ(counts(take_file({full_run("a-1"), partial_run("b-2")})), "2 0 0 0 -");
  expect_equal(stored("a-1"), full_run("a-1"));
  expect_equal(stored("b-2"), partial_run("b-2"));
}

TEST_F(Import, ASecondTimeAddsNothing) {
  EXPECT_EQ(counts(take_file({full_run("a-1"), partial_run("b-2")})), "2 0 0 0 -");
  EXPECT_EQ(counts(take_file({full_run("a-1"), partial_run("b-2")})), "0 0 2 0 -");
  EXPECT_EQ(counts(take_file({full_run("a-1"), full_run("c-3"), full_run("a-1")})), "1 0 2 0 -")
      << "one that overlaps, and has a run twice";
  EXPECT_EQ(store_->list()->size(), 3U);
  expect_equal(stored("a-1"), full_run("a-1"));
}

TEST_F(Import, APartialRunIsCompletedByALaterExport) {
  EXPECT_EQ(take(partial_run()).value(), Taken::added);
  EXPECT_FALSE(stored().complete);
  EXPECT_EQ(take(full_run()).value(), Taken::continued);
  expect_equal(stored(), full_run());
  EXPECT_EQ(take(partial_run()).value(), Taken::known) << "what it was before";
  EXPECT_EQ(take(full_run()).value(), Taken::known);
  expect_equal(stored(), full_run());
}

// Said anew when a run is gone on with: the verdict after more answers, the larger errors, the limit of a
// step; the launch of one that had only begun; why a cell was left out.
TEST_F(Import, WhatIsSaidNewlyCounts) {
  record::Run before = partial_run(), after = partial_run();
  auto& was = before.results[0];
  was.accuracy = {record::Verdict::exact, 1e-8, 1e-8, 0.5, "logits", ""};
  was.tensor_errors = {{"logits", 1e-8, 2e-7, 0.5}};
  was.limit->compute_ms = 90;
  auto begun = full_result("begun");
  begun.accuracy = {};
  begun.tensor_errors.clear();
  begun.visits.clear();
  begun.complete = false;
  before.results.push_back(begun);
  begun.launch->cold_s = 9;
  begun.provenance->runner_key = "runner 2";
  after.results.push_back(begun);
  after.faults[0].reason = "still no room";
  ASSERT_EQ(take(before).value(), Taken::added);
  EXPECT_EQ(take(after).value(), Taken::continued);
  expect_equal(stored(), after);
}

TEST_F(Import, AnotherRunOfTheSameIdIsRefusedAndNothingOfItIsStored) {
  const auto refuses = [&](const char* what, const std::function<void(record::Run&)>& change,
                           const record::Run& was, record::Run run) {
    change(run);
    store_ = store::open_sqlite(folder_ / fmt::format("{}.db", what)).value();
    ASSERT_EQ(take(was).value(), Taken::added);
    const auto taken = take(run);
    ASSERT_FALSE(taken) << what;
    EXPECT_EQ(taken.error().kind, ErrorKind::data);
    EXPECT_NE(taken.error().message.find("run " + run.id + ": another run is stored under this id"),
              std::string::npos)
        << taken.error().message;
    expect_equal(stored(), was);
  };
  const auto all = [](record::Run& run) -> record::ContestantResult& { return run.results[0]; };
  refuses(
      "a complete run does not change", [&](record::Run& run) { all(run).visits.pop_back(); }, full_run(),
      full_run());
  refuses(
      "nor gets results", [&](record::Run& run) { run.results.push_back(full_result("more")); }, full_run(),
      full_run());
  refuses("a sample", [&](record::Run& run) { ++all(run).visits[0].samples_ns[0]; }, full_run(), full_run());
  refuses(
      "a sample of a partial run", [&](record::Run& run) { ++all(run).visits[0].samples_ns[0]; },
      partial_run(), full_run());
  refuses("the machine", [&](record::Run& run) { run.host.name = "another"; }, partial_run(), full_run());
  refuses(
      "a launch that was judged", [&](record::Run& run) { all(run).launch->cold_s = 1; }, partial_run(),
      full_run());
  refuses(
      "a better verdict", [&](record::Run& run) { all(run).accuracy.verdict = record::Verdict::exact; },
      partial_run(), full_run());
  refuses(
      "a smaller error", [&](record::Run& run) { all(run).tensor_errors[0].rel_l2 = 0; }, partial_run(),
      full_run());
  refuses(
      "a failure that is gone", [&](record::Run& run) { all(run).failure.reset(); },
      [] {
        record::Run run = partial_run();
        run.results[0] = failed_result("eager");
        return run;
      }(),
      full_run());
  refuses(
      "neither has all of the other",
      [&](record::Run& run) {
        run.results.push_back(full_result("more"));
        all(run).visits.pop_back();
      },
      partial_run(), partial_run());
}

TEST_F(Import, ARunThatIsRefusedLeavesTheOthersOfItsFileAlone) {
  record::Run other = full_run("b-2");
  other.seed = 1;
  ASSERT_TRUE(take(full_run("b-2")));
  const Imported imported = take_file({full_run("a-1"), other, full_run("c-3")});
  EXPECT_EQ(counts(imported), "2 0 0 1 -");
  EXPECT_EQ(imported.refused[0].run, "b-2");
  EXPECT_EQ(store_->list()->size(), 3U);
}

// What the store does not keep would be lost in silence: it is found when the run is read back.
TEST_F(Import, WhatCannotBeKeptIsRefusedAsAWhole) {
  record::Run run = full_run();
  run.results[1].tensor_errors[0].max_rel = std::numeric_limits<double>::infinity();
  const auto taken = take(run);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, ErrorKind::data);
  EXPECT_NE(taken.error().message.find("cannot be stored as it is in the file"), std::string::npos);
  EXPECT_TRUE(store_->list()->empty());
  run = partial_run();
  run.hashes = {{"graph", "00"}};
  EXPECT_FALSE(take(run)) << "only complete runs have them";
  EXPECT_TRUE(store_->list()->empty());
}

TEST_F(Import, OfADamagedFileNothingIsTaken) {
  EXPECT_EQ(counts(take_file({full_run("a-1"), full_run("b-2")})), "2 0 0 0 -");
  store_ = store::open_sqlite(folder_ / "other.db").value();
  fs::resize_file(file_, fs::file_size(file_) - 20);
  const std::atomic<bool> stop{false};
  const Imported imported = Importer(*store_, Importer::Mode::store).take_file(file_, stop);
  ASSERT_TRUE(imported.trouble);
  EXPECT_EQ(imported.trouble->kind, ErrorKind::data);
  EXPECT_EQ(imported.added, 0);
  EXPECT_TRUE(store_->list()->empty()) << "though its first run is whole";
}

TEST_F(Import, ADryRunOnlySaysWhatWouldBe) {
  ASSERT_TRUE(take(partial_run("b-2")));
  const auto imported =
      take_file({full_run("a-1"), full_run("a-1"), full_run("b-2")}, Importer::Mode::dry_run);
  EXPECT_EQ(counts(imported), "1 1 1 0 -");
  EXPECT_EQ(store_->list()->size(), 1U);
  EXPECT_FALSE(stored("b-2").complete);
}

TEST_F(Import, StopsBetweenTwoRuns) {
  take_file({});
  const std::atomic<bool> stop{true};
  EXPECT_EQ(counts(Importer(*store_, Importer::Mode::store).take_file(file_, stop)), "0 0 0 0 -");
}

TEST(Relations, AreThoseOfOneRunThatGrows) {
  EXPECT_EQ(relation(full_run(), full_run()), Relation::same);
  EXPECT_EQ(relation(partial_run(), full_run()), Relation::goes_on);
  EXPECT_EQ(relation(full_run(), partial_run()), Relation::came_from);
  EXPECT_EQ(relation(full_run("a"), full_run("b")), Relation::differs);
}

}  // namespace
}  // namespace assay::exchange
