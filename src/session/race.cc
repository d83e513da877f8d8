#include "session/race.h"

#include <algorithm>
#include <climits>
#include <vector>

#include "decide/ranking.h"
#include "host/host.h"
#include "session/limits_watch.h"
#include "session/need.h"
#include "session/questions.h"
#include "session/resume.h"

namespace assay::session {
namespace {

// Stores what measuring hands over and passes it on to the session's own events. When it cannot be stored or
// judged the race ends: nothing that is measured then could be kept.
class Recorder final : public measure::Observer {
 public:
  Recorder(std::vector<Lane*> lanes, Cell& cell, Context& context)
      : lanes_(std::move(lanes)), context_(context), cell_(cell), questions_(lanes_, cell, context) {}

  void block_started(int block, int blocks) override { context_.events.block_started(block, blocks); }
  void contestant_started(size_t who, int /*block*/) override {
    context_.events.loading(lanes_[who]->entry().contestant);
  }

  void warm_started(size_t who, const record::WarmStart& start) override {
    keep(lanes_[who]->add(start, context_));
  }

  void visit_done(size_t who, const record::Visit& visit) override {
    keep(lanes_[who]->add(visit, context_));
    context_.events.visited(lanes_[who]->entry().contestant, visit);
  }

  void round_done(int /*block*/, int round, int rounds, std::optional<double> left_s) override {
    context_.events.round_done(round, rounds, left_s);
  }

  void answered(size_t who, int /*block*/, const measure::Answer& answer) override {
    questions_.add(who, answer);
  }

  void block_ended(int /*block*/) override {
    keep(questions_.judge());
    for (Lane* lane : lanes_)
      if (!context_.stop) keep(lane->look_for_faults(context_));
    if (!context_.stop) keep(watch_limits(lanes_, cell_, context_));
  }

  [[nodiscard]] bool ends() const override { return error_.has_value(); }

  [[nodiscard]] bool goes_on(size_t who) override {
    return lanes_[who]->entry().accuracy.verdict != record::Verdict::wrong;
  }

  void failed(size_t who, int /*block*/, const record::Failure& failure) override {
    if (context_.stop) return;
    keep(lanes_[who]->drop(failure, context_));
    context_.events.dropped(lanes_[who]->entry().contestant, failure);
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

  std::vector<Lane*> lanes_;
  Context& context_;
  Cell& cell_;
  Questions questions_;
  std::optional<Error> error_;
};

// Takes off the plan what a resumed run has of it. At least one round is made of rounds that were counted,
// since the answers of the block that was interrupted were never judged.
void go_on(std::span<Lane* const> lanes, measure::Plan& plan) {
  int rounds = INT_MAX;
  for (const Lane* lane : lanes) {
    plan.first_block = std::max(plan.first_block, next_block(lane->entry()));
    rounds = std::min(rounds, rounds_done(lane->entry()));
  }
  if (plan.rounds) plan.rounds = std::max(1, *plan.rounds - rounds);
}

measure::Plan plan_for(std::span<Lane* const> lanes, Context& context) {
  measure::Plan plan;
  plan.target = context.request.target;
  plan.rounds = context.request.rounds;
  plan.budget_s = context.request.budget_s;
  plan.seed = context.request.seed;
  plan.folder = context.scratch / "blocks";
  plan.stop = &context.stop;
  go_on(lanes, plan);
  return plan;
}

Result<> check_room(const Need& need, size_t contestants, const std::filesystem::path& scratch) {
  const auto available = host::free_disk_bytes(scratch);
  if (!available) return {};  // where nobody can tell, a full disk shows in what the runners say
  const auto shortage = disk_shortage(need, contestants, *available);
  if (shortage.empty()) return {};
  return fail(ErrorKind::environment, "{}: {}; `assay clean` frees some, or set ASSAY_CACHE to another disk",
              scratch.string(), shortage);
}

// The lanes that are racing, by the class of their answers: times are only compared within one.
std::vector<std::vector<Lane*>> classes_of(std::span<Lane> lanes) {
  std::vector<Lane*> racing;
  std::vector<record::Verdict> verdicts;
  for (Lane& lane : lanes) {
    if (!lane.racing()) continue;
    racing.push_back(&lane);
    verdicts.push_back(lane.entry().accuracy.verdict);
  }
  std::vector<std::vector<Lane*>> classes;
  for (const auto& race : decide::races(verdicts)) {
    auto& members = classes.emplace_back();
    for (const size_t who : race) members.push_back(racing[who]);
  }
  return classes;
}

// Measures those of one class, with their share of the budget. Returns whether every round was done.
Result<bool> race_class(const std::vector<Lane*>& racing, double share, Cell& cell, Context& context) {
  std::vector<measure::Racer> racers;
  for (const Lane* lane : racing) racers.push_back(lane->racer());
  measure::Plan plan = plan_for(racing, context);
  if (plan.budget_s) *plan.budget_s *= share;
  Recorder recorder(racing, cell, context);
  ASSAY_TRY(const auto ended, measure::run_blocks(racers, plan, recorder));
  ASSAY_TRY_VOID(recorder.finish());
  // Without a number of rounds the budget is a proper end: who did not reach the target by then is shown so.
  const bool complete =
      ended == measure::Ended::complete || (ended == measure::Ended::budget && !plan.rounds);
  if (complete && !context.stop)
    for (Lane* lane : racing)
      if (lane->racing()) ASSAY_TRY_VOID(lane->finish(context));
  return complete;
}

}  // namespace

Result<bool> race(std::span<Lane> lanes, Cell& cell, Context& context) {
  const auto classes = classes_of(lanes);
  size_t racing = 0;
  for (const auto& members : classes) racing += members.size();
  if (racing == 0 || context.stop) return !context.stop;
  ASSAY_TRY_VOID(check_room(need_of(cell.workload()), racing, context.scratch));
  bool complete = true;
  for (const auto& members : classes) {
    const double share = static_cast<double>(members.size()) / static_cast<double>(racing);
    ASSAY_TRY(const bool done, race_class(members, share, cell, context));
    complete = complete && done;
    if (context.stop) return false;
  }
  return complete;
}

}  // namespace assay::session
