#include "session/measure_cell.h"

#include <algorithm>
#include <climits>
#include <vector>

#include "decide/ranking.h"
#include "host/host.h"
#include "session/least_resources.h"
#include "session/limits_watch.h"
#include "session/questions.h"
#include "session/resume.h"

namespace assay::session {
namespace {

// Stores what measuring hands over and passes it on to the session's own events. When it cannot be stored or
// judged the race ends: nothing that is measured then could be kept.
class Recorder final : public measure::BlockObserver {
 public:
  Recorder(std::vector<ContestantRun*> contestants, PreparedCell& cell, RunContext& context)
      : contestants_(std::move(contestants)),
        context_(context),
        cell_(cell),
        questions_(contestants_, cell, context) {}

  void block_started(int block, int blocks) override { context_.events.block_started(block, blocks); }
  void contestant_started(size_t who, int /*block*/) override {
    context_.events.loading(contestants_[who]->result().contestant);
  }

  void warm_started(size_t who, const record::WarmStart& start) override {
    keep(contestants_[who]->add(start, context_));
  }

  void visit_done(size_t who, const record::Visit& visit) override {
    keep(contestants_[who]->add(visit, context_));
    context_.events.visited(contestants_[who]->result().contestant, visit);
  }

  void round_done(int /*block*/, int round, int rounds, std::optional<double> left_s) override {
    context_.events.round_done(round, rounds, left_s);
  }

  void answered(size_t who, int /*block*/, const measure::FetchedAnswer& answer) override {
    questions_.add(who, answer);
  }

  void block_ended(int /*block*/) override {
    keep(questions_.judge());
    for (ContestantRun* contestant : contestants_)
      if (!context_.stop) keep(contestant->look_for_faults(context_));
    if (!context_.stop) keep(watch_limits(contestants_, cell_, context_));
  }

  [[nodiscard]] bool ends() const override { return error_.has_value(); }

  [[nodiscard]] bool goes_on(size_t who) override {
    return contestants_[who]->result().accuracy.verdict != record::Verdict::wrong;
  }

  void failed(size_t who, int /*block*/, const record::Failure& failure) override {
    if (context_.stop) return;
    keep(contestants_[who]->drop(failure, context_));
    context_.events.dropped(contestants_[who]->result().contestant, failure);
  }

  Result<> finish() {
    if (error_) return std::unexpected(*error_);
    return {};
  }

 private:
  void keep(const Result<>& result) {
    if (result || error_ || context_.stop) return;  // what an interrupt breaks off is no error
    error_ = result.error();
  }

  std::vector<ContestantRun*> contestants_;
  RunContext& context_;
  PreparedCell& cell_;
  Questions questions_;
  std::optional<Error> error_;
};

// Takes off the plan what a resumed run has of it. At least one round is made of rounds that were counted,
// since the answers of the block that was interrupted were never judged.
void go_on(std::span<ContestantRun* const> contestants, measure::BlockPlan& plan) {
  int rounds = INT_MAX;
  for (const ContestantRun* contestant : contestants) {
    plan.first_block = std::max(plan.first_block, next_block(contestant->result()));
    rounds = std::min(rounds, rounds_done(contestant->result()));
  }
  if (plan.rounds) plan.rounds = std::max(1, *plan.rounds - rounds);
}

measure::BlockPlan plan_for(std::span<ContestantRun* const> contestants, RunContext& context) {
  measure::BlockPlan plan;
  plan.target = context.request.target;
  plan.rounds = context.request.rounds;
  plan.budget_s = context.request.budget_s;
  plan.seed = context.request.seed;
  plan.folder = context.scratch / "blocks";
  plan.stop = &context.stop;
  go_on(contestants, plan);
  return plan;
}

Result<> check_room(const LeastResources& need, size_t contestants, const std::filesystem::path& scratch) {
  const auto available = host::free_disk_bytes(scratch);
  if (!available) return {};  // where nobody can tell, a full disk shows in what the runners say
  const auto shortage = disk_shortage(need, contestants, *available);
  if (shortage.empty()) return {};
  return fail(ErrorKind::environment, "{}: {}; `assay clean` frees some, or set ASSAY_CACHE to another disk",
              scratch.string(), shortage);
}

// The contestants that are measurable, by the class of their answers: times are only compared within one.
std::vector<std::vector<ContestantRun*>> classes_of(std::span<ContestantRun> contestants) {
  std::vector<ContestantRun*> measurable;
  std::vector<record::Verdict> verdicts;
  for (ContestantRun& contestant : contestants) {
    if (!contestant.measurable()) continue;
    measurable.push_back(&contestant);
    verdicts.push_back(contestant.result().accuracy.verdict);
  }
  std::vector<std::vector<ContestantRun*>> classes;
  for (const auto& group : decide::comparable_groups(verdicts)) {
    auto& members = classes.emplace_back();
    for (const size_t who : group) members.push_back(measurable[who]);
  }
  return classes;
}

// Measures those of one class, with their share of the budget. Returns whether every round was done.
Result<bool> measure_class(const std::vector<ContestantRun*>& measurable, double share, PreparedCell& cell,
                           RunContext& context) {
  std::vector<measure::LaunchedContestant> contestants;
  for (const ContestantRun* contestant : measurable) contestants.push_back(contestant->launched_contestant());
  measure::BlockPlan plan = plan_for(measurable, context);
  if (plan.budget_s) *plan.budget_s *= share;
  Recorder recorder(measurable, cell, context);
  ASSAY_TRY(const auto ended, measure::run_blocks(contestants, plan, recorder));
  ASSAY_TRY_VOID(recorder.finish());
  // Without a number of rounds the budget is a proper end: who did not reach the target by then is shown so.
  const bool complete =
      ended == measure::Ended::complete || (ended == measure::Ended::budget && !plan.rounds);
  if (complete && !context.stop)
    for (ContestantRun* contestant : measurable)
      if (contestant->measurable()) ASSAY_TRY_VOID(contestant->finish(context));
  return complete;
}

}  // namespace

Result<bool> measure_cell(std::span<ContestantRun> contestants, PreparedCell& cell, RunContext& context) {
  const auto classes = classes_of(contestants);
  size_t measurable = 0;
  for (const auto& members : classes) measurable += members.size();
  if (measurable == 0 || context.stop) return !context.stop;
  ASSAY_TRY_VOID(check_room(least_resources(cell.workload()), measurable, context.scratch));
  bool complete = true;
  for (const auto& members : classes) {
    const double share = static_cast<double>(members.size()) / static_cast<double>(measurable);
    ASSAY_TRY(const bool done, measure_class(members, share, cell, context));
    complete = complete && done;
    if (context.stop) return false;
  }
  return complete;
}

}  // namespace assay::session
