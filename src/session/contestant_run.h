// One contestant's way through one cell: from its set-up over the cold launch to its visits, and what is
// known of it so far.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "measure/measure.h"
#include "record/measurement.h"
#include "session/prepared_cell.h"
#include "session/run_context.h"
#include "setup/select.h"
#include "store/store.h"
#include "verify/gate.h"

namespace assay::session {

// An answer as the gate takes it.
[[nodiscard]] verify::Answer to_judge(const measure::FetchedAnswer& answer);

class ContestantRun {
 public:
  ContestantRun(setup::ContestantSpec contestant, const record::Cell& cell, std::filesystem::path folder);

  // Makes the framework ready, launches it once, has its answers judged and stores what came of it.
  // Afterwards measurable() tells whether it may be measured. Fails only as Assay itself does.
  [[nodiscard]] Result<> launch(PreparedCell& cell, RunContext& context);

  [[nodiscard]] bool measurable() const { return measurable_; }
  [[nodiscard]] measure::LaunchedContestant launched_contestant() const;
  // Whether the store has anything of it: not before its launch is over.
  [[nodiscard]] bool stored() const { return key_.has_value(); }
  [[nodiscard]] const record::ContestantResult& result() const { return result_; }
  // The compute type that the runner says it uses.
  [[nodiscard]] const std::string& precision() const { return declared_precision_; }

  // What the blocks bring, stored at once.
  [[nodiscard]] Result<> add(const record::Visit& visit, RunContext& context);
  [[nodiscard]] Result<> add(const record::WarmStart& start, RunContext& context);
  [[nodiscard]] Result<> drop(const record::Failure& failure, RunContext& context);
  // Every visit that was wanted was made.
  [[nodiscard]] Result<> finish(RunContext& context);
  // Judges answers to input sets that the truth has.
  [[nodiscard]] Result<> judge(const verify::Truth& truth, std::span<const verify::Answer> answers,
                               RunContext& context);
  // What asking for outputs cost, once more.
  void keep(const record::OutputsCost& cost) { costs_.push_back(cost); }
  // Looks for what answers do not show: work that was put off, steps that were left out, more
  // CPU time than the run's threads can take.
  [[nodiscard]] Result<> look_for_faults(RunContext& context);
  // What a step takes at least, by the machine's limits as they are known by now. Nothing for one that was
  // never launched.
  [[nodiscard]] Result<> set_limit(const PreparedCell& cell, RunContext& context);

 private:
  [[nodiscard]] Result<> keep_errors(const verify::Judgement& judgement, RunContext& context);
  // Goes on from what the run to be resumed has. False: it has nothing that could be kept.
  [[nodiscard]] Result<bool> take_over(const record::ContestantResult& stored, PreparedCell& cell,
                                       RunContext& context);
  [[nodiscard]] Result<record::Provenance> provenance(PreparedCell& cell, RunContext& context) const;
  [[nodiscard]] Result<bool> prepare(PreparedCell& cell, RunContext& context);
  [[nodiscard]] Result<> judge_launch(const measure::ColdLaunch& launched, PreparedCell& cell,
                                      RunContext& context);
  [[nodiscard]] Result<> make_launchable(PreparedCell& cell, RunContext& context);
  [[nodiscard]] Result<measure::LaunchableContestant> launchable(PreparedCell& cell, RunContext& context,
                                                                 const std::filesystem::path& folder) const;
  // Launches it once more, on the pieces of the cell between its steps, and has what it answers there judged.
  // Nothing where there are none, and where it failed.
  [[nodiscard]] Result<std::optional<record::Accuracy>> judge_between_steps(PreparedCell& cell,
                                                                            RunContext& context);
  [[nodiscard]] Result<> append(const store::Piece& piece, RunContext& context);

  setup::ContestantSpec contestant_;
  record::ContestantResult result_;
  std::filesystem::path folder_;
  measure::LaunchableContestant launchable_;
  std::string declared_precision_;
  std::vector<record::OutputsCost> costs_;
  std::optional<double> step_s_;  // what a step takes, by the cold launch
  std::optional<int64_t> key_;
  bool measurable_ = false;
};

}  // namespace assay::session
