// A run from plan to store: for each model and workload, set up and launch every contestant once, check it
// against the truth, then measure those that passed in interleaved rounds. The only module that knows all the
// others.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/steering.h"
#include "measure/launched_runner.h"
#include "models/workload.h"
#include "record/measurement.h"
#include "session/events.h"
#include "setup/select.h"
#include "store/store.h"
#include "verify/truth.h"

namespace assay::session {

// What to measure, every name resolved.
struct Request {
  std::vector<models::Model> models;
  std::vector<std::string>
      workloads;        // those a model does not define are left out; empty: all of the model's
  models::Sweep sizes;  // of requests, each to be measured; empty: as the workloads' names say
  std::vector<setup::ContestantSpec> contestants;
  bool set_up =
      false;  // set up what is missing; otherwise its contestants are `unsupported`, reason not_set_up
  bool offline = false;              // set-up stays off the network
  std::optional<int> rounds;         // exactly so many; absent: until the target is reached
  double target = 0.03;              // relative half-width of the ratios
  std::optional<double> budget_s;    // for measuring one cell
  std::optional<double> deadline_s;  // for each request to a runner; absent: runner::Deadlines
  // Between two looks at the machine's limits, at least: one keeps the CPUs busy for up to a second.
  double look_interval_s = 10;
  int threads = 1;
  std::vector<int> cpus;                // that the runners are held to; empty: not held
  host::RunnerEnvironment environment;  // what of the user's own environment reaches the runners
  uint64_t seed = 0;
  record::Host host;
  // Of the memory that each contestant's processes may take together, files apart; absent: nine tenths of the
  // machine's.
  std::optional<int64_t> memory_limit_bytes;
  std::optional<record::Run> resume;    // the stored run to go on with
  std::optional<std::string> label;     // for the run, of its user
  std::optional<std::string> revision;  // of Assay
  std::string command;                  // as typed
  std::vector<std::string> arguments;   // its words, and where they were typed
  std::string directory;
  std::string program;          // hash of the program's file
  std::filesystem::path assay;  // this program, for the truth's child process
  std::filesystem::path sdk;    // folder of the runners' SDKs
};

// What a run does outside this process: tests put their own in its place.
struct Outside {
  std::function<measure::Launcher(measure::RunnerSpec, const std::atomic<bool>* stop)> launcher =
      measure::launch_runner;
  std::function<verify::Evaluator(std::filesystem::path assay, const std::atomic<bool>* stop)> evaluator =
      verify::child_evaluator;
};

// Runs it all, or what is missing of the run to be resumed. Every piece is stored as it comes. Returns the
// run with its summaries, also when `stop` was set on the way (then it is not complete). Fails as Assay
// itself does: no disk, a store that cannot be written, weights that do not fit; (usage) when the run cannot
// be resumed, e.g. since it still goes on.
[[nodiscard]] Result<record::Run> run(const Request& request, store::Store& store, Events& events,
                                      const std::atomic<bool>& stop, const Outside& outside = {});

// The names of the workloads to measure of a model, in order. Fails (usage) on a size that none of them
// takes.
[[nodiscard]] Result<std::vector<std::string>> workloads_of(const models::Model& model,
                                                            const Request& request);

// Whether the variant takes part: it runs such a workload, and where it takes the file that a model was made
// from there is one.
[[nodiscard]] bool takes_part(const setup::Variant& variant, const models::Workload& workload);

// The contestants of one workload, those of quickly set up frameworks first: the order in which rows appear.
[[nodiscard]] std::vector<setup::ContestantSpec> contestants_of(const Request& request,
                                                                const models::Workload& workload);

}  // namespace assay::session
