// Measuring one cell (model x workload): a cold launch of each contestant, then blocks of rounds of visits,
// interleaved so that whatever drifts on the machine hits all alike. What comes out is handed over piece by
// piece, so that an interruption loses at most the visit in hand. The order and the rules are in
// docs/method.md.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/surroundings.h"
#include "measure/feed.h"
#include "measure/fetched_answer.h"
#include "measure/launched_runner.h"
#include "record/measurement.h"
#include "stats/sampling_plan.h"

namespace assay::measure {

struct LaunchableContestant {
  record::Contestant contestant;
  Launcher launch;
  InputSource inputs;
};

struct ColdLaunch {
  record::Launch launch;
  runner::Description description;       // what the runner says of itself
  runner::Loaded loaded;                 // and of the compute type and threads it uses
  runner::Code code;                     // mapped when the first step was done
  double step_s = 0;                     // the second step: what one takes, compilation apart
  std::array<FetchedAnswer, 2> answers;  // to input set 0 and 1, for the gate
  // Of every question but the first, which may load code; more than one where it looks as if work was put
  // off.
  std::vector<record::OutputsCost> costs;
};

// Starts the contestant once in an empty private folder under `folder` and runs one step with each of the
// workload's own input sets, the first being the cold one. `folder` then holds home/ (with the compile
// caches, reused by the blocks) and the answers answer-0.safetensors and answer-1.safetensors. It is emptied
// first.
[[nodiscard]] Attempt<ColdLaunch> cold_launch(
    const LaunchableContestant& launchable, const std::filesystem::path& folder,
    TakeSnapshot snapshot = [] { return host::snapshot(); });

struct BlockPlan {
  // Blocks of so many rounds are made until every contestant's half-width is under the target, but at least
  // so many blocks and at most so many.
  double target =
      stats::kTarget;  // relative half-width of the ratio to the baseline; of its time, for one alone
  int least_blocks = stats::kFewestBlocks;
  int most_blocks = 60;
  int rounds_per_block = stats::kRoundsOfABlock;
  int most_repeats = 3;  // of disturbed rounds, in a block
  // Instead of the target: exactly so many rounds, spread over least_blocks; none is repeated.
  std::optional<int> rounds;
  int first_block = 0;          // blocks are numbered from here: a resumed run has earlier ones
  double visit_s = 0.4;         // timed steps of a visit take about this long,
  int least_steps = 3;          // but are never fewer,
  int most_steps = 10000;       // nor more
  double warm_up_limit_s = 60;  // a contestant that is not steady by then is `unsteady`
  // Wall clock for the measurement: past it no further round starts, but for the first, and the first of
  // each contestant that is so slow that it is measured after the others. Absent: none.
  std::optional<double> budget_s;
  uint64_t seed = 0;
  std::filesystem::path folder;  // homes and answers of the blocks lie here, one folder a contestant
  std::optional<int64_t> memory_limit_bytes;  // absent: 70 % of the usable memory
  const std::atomic<bool>* stop = nullptr;    // set to true: ends cleanly with what there is
  std::function<host::Snapshot()> snapshot;   // absent: the system's; tests give their own
};

// One contestant with what the cold launch told of it. The first is the baseline, unless it is so slow that
// the others would wait for it (docs/method.md, slow contestants): then the first that is not.
struct LaunchedContestant {
  const LaunchableContestant* launchable = nullptr;
  std::optional<int64_t> peak_bytes;
  std::filesystem::path home;    // of the cold launch: compile caches are reused, and said so
  std::optional<double> step_s;  // about what a step takes; absent: not known to be slow
  // Visits of a run that is resumed; null: none. They count for the target.
  const std::vector<record::Visit>* earlier = nullptr;
};

// Told what happens, in the measuring thread and never while a step is timed. `who` is the index into the
// contestants.
class BlockObserver {
 public:
  virtual ~BlockObserver() = default;
  // `blocks`: how many there will be, as far as can be said.
  virtual void block_started(int /*block*/, int /*blocks*/) {}
  virtual void contestant_started(size_t /*who*/, int /*block*/) {}
  // A launch of a block reached its first output.
  virtual void warm_started(size_t /*who*/, const record::WarmStart& /*start*/) {}
  // Warm-up ended after so many steps; a visit will have `steps` timed steps of about `step_ms`.
  virtual void warmed(size_t /*who*/, int /*block*/, int /*warm_up_steps*/, int /*steps*/,
                      double /*step_ms*/) {}
  // A visit is complete: store it now.
  virtual void visit_done(size_t /*who*/, const record::Visit& /*visit*/) {}
  // Every contestant that is still in the race was visited. Seconds left as far as can be said from the
  // rounds so far.
  virtual void round_done(int /*block*/, int /*round*/, int /*rounds*/, std::optional<double> /*left_s*/) {}
  // An answer of a timed step, for the gate; called after the block's processes have ended, those of one
  // input set after another. The file is the observer's to delete.
  virtual void answered(size_t /*who*/, int /*block*/, const FetchedAnswer& /*answer*/) {}
  // All answers of the block were handed over; nobody runs.
  virtual void block_ended(int /*block*/) {}
  // Asked after each visit and block: whether measuring ends now, as after an interrupt.
  [[nodiscard]] virtual bool ends() const { return false; }
  // Asked after each block: whether the contestant is measured further. Who was found wrong need not be.
  [[nodiscard]] virtual bool goes_on(size_t /*who*/) { return true; }
  // The contestant dropped out; its earlier visits stand.
  virtual void failed(size_t /*who*/, int /*block*/, const record::Failure& /*failure*/) {}
};

// complete: the target is reached, or the rounds that were asked for are made, by all that did not fail.
enum class Ended { complete, budget, stopped };

// Runs the blocks. Fails (environment) only as Assay itself does: no contestants, no room for two of them in
// memory, no folder.
[[nodiscard]] Result<Ended> run_blocks(std::span<const LaunchedContestant> contestants, const BlockPlan& plan,
                                       BlockObserver& observer);

}  // namespace assay::measure
