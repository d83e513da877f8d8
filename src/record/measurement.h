// What measuring leaves behind, as plain data: launches, visits with all their timed steps, and the summary a
// reader sees.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/footprint.h"
#include "record/limits.h"
#include "record/outcome.h"
#include "record/verdict.h"

namespace assay::record {

// Who runs: "sample/eager@cpu".
struct Contestant {
  std::string framework;
  std::string variant;
  std::string device;
  std::string version;  // of the framework, as its runner reports it; empty before it was asked
  [[nodiscard]] std::string name() const { return framework + "/" + variant + "@" + device; }
};

// What is run.
struct Cell {
  std::string model;
  std::string size;
  std::string workload;
  std::string precision = "f32";
  bool operator==(const Cell&) const = default;
};

// The cold launch: the program executed to first correct output, and its parts. Absent figures are absent,
// not zero.
struct Launch {
  double cold_s = 0;     // executed -> first output complete
  double import_s = 0;   // executed -> described
  double load_s = 0;     // load request -> loaded
  double prepare_s = 0;  // first step, with compilation or tracing
  std::optional<int64_t>
      peak_bytes;  // proportional set size of the process tree, sampled peak, before outputs are written
  std::optional<int64_t> footprint_bytes;  // installed files of the framework
  std::optional<int64_t> anonymous_bytes;  // the parts of peak_bytes: memory that is no file's,
  std::optional<int64_t> file_bytes;       // and mapped files: code, weights
  // Share of the weights' and framework's bytes that were out of the page cache when it began.
  std::optional<double> dropped_share;
  std::string compute_type;  // as the runner declares it: "f32"
  Footprint footprint;
};

// What an entry's runner was given to compute with, and what it ran from.
struct Provenance {
  std::string graph_hash;
  std::string weights_key;
  std::string runner_key;  // of its files, the SDK's and the framework's build; empty in older runs
};

// Every visit that was wanted of the contestant was made.
struct Completed {};

// What a runner says of itself.
struct RunnerDescription {
  std::string framework;  // as it calls itself
  std::string device;     // "Intel Xeon ..."; empty when it says nothing
  std::optional<int> threads;
  std::string notes;
  std::map<std::string, std::string> details;  // the wheel, the BLAS, anything worth recording
  bool operator==(const RunnerDescription&) const = default;
};

// A launch of a block: code and weights are in the page cache, compile caches filled. The same parts.
struct WarmStart {
  int block = 0;
  double total_s = 0;  // executed -> first output complete
  double import_s = 0;
  double load_s = 0;
  double prepare_s = 0;
};

// The surroundings of a visit, where the system tells them.
struct Surroundings {
  std::optional<double> cpu_pressure;  // share of the visit's time some task waited for a CPU (PSI)
  std::optional<double> steal;         // share of CPU time taken by the hypervisor
  std::optional<double> load;          // one-minute load average
  std::optional<double> energy_j;      // of the processor packages, where they have a counter
  std::optional<double> other_cpus;    // CPUs that processes other than the runner kept busy, on average
  std::optional<int> threads;          // threads of the runner, counted
  std::optional<int> cpus;             // CPUs that any of the runner's threads may run on, as the system says
  std::optional<int64_t> throttled;    // periods in which the control group's quota of CPU time was used up
  std::optional<int64_t> thermal_events;  // times that heat slowed a core
  std::optional<double> suspended_s;      // for so long the machine slept meanwhile
};

// One request for timed steps: how many, and the core's own clock around it.
struct StepRequest {
  int steps = 0;
  int64_t ns = 0;
};

// One visit: a wake-up step (not kept) and timed steps of one contestant, in requests of random lengths.
struct Visit {
  int block = 0;
  int round = 0;
  int position = 0;                      // place in the round's shuffled order
  int64_t started_ns = 0;                // monotonic clock
  int64_t batch_ns = 0;                  // the core's own clock around the timed steps: that of all requests
  std::optional<int64_t> cpu_ns;         // CPU time of the runner's process tree over the timed steps
  std::optional<int64_t> cpu_window_ns;  // in which it was used: from one reading of it to the other
  std::vector<int64_t> samples_ns;       // one a step, as the runner clocked it
  // Of steps that run in parts: those of each step, one step after the other, as the runner clocked them.
  std::optional<std::vector<int64_t>> parts_ns;
  std::vector<StepRequest> requests;  // in runs of before there were several: empty
  int sets = 0;                       // input sets that were handed over for it, at least one a step
  int64_t inputs_ns = 0;              // the core's clock around handing them over
  int64_t ahead_ns = 0;  // of that, what reading them does not explain: it counts as time of the steps
  std::optional<int64_t>
      asked_ns;  // the core's clock around asking for its outputs twice; absent: nobody asked
  Surroundings surroundings;
};

// Everything about one contestant in one cell.
struct ContestantResult {
  Contestant contestant;
  Cell cell;
  Outcome outcome = Outcome::ok;
  std::optional<Failure> failure;
  Accuracy accuracy;
  std::optional<Launch> launch;
  std::vector<WarmStart> warm_starts;
  std::optional<StepLimit> limit;
  std::optional<Provenance> provenance;
  std::optional<RunnerDescription> runner;
  TensorErrors tensor_errors;  // the largest of each tensor, over all that was judged
  std::vector<Visit> visits;
  bool complete = false;  // every visit that was wanted was made
};

// CPUs that are alike, of those that the contestants get.
struct CoreGroup {
  std::string kind;  // "performance" or "efficiency"
  int node = 0;      // of NUMA
  std::vector<int> cpus;
  std::optional<int> mhz;               // on average, when the run began
  std::optional<int> highest_mhz;       // that the system lets them have
  std::optional<std::string> governor;  // of the frequency; absent when unreadable
};

// The machine, for the report and the store. Figures that the system does not tell are absent.
struct Host {
  std::string name;  // a stable id of the machine, not its network name
  std::string os;    // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;
  std::string arch;  // "x86_64"
  std::string cpu;   // model name, which a virtual machine may shorten to the maker's line of products
  std::optional<std::string>
      cpu_design;  // which it is all the same: "AuthenticAMD family 26 model 2 stepping 1"
  // Physical cores of the fast kind that this process may use, no more than its quota of CPU time lasts for:
  // the threads that a contestant gets unless another number is asked for.
  int cores = 0;
  int cpus = 0;                           // that this process may use: hardware threads of all kinds
  std::optional<double> quota_cpus;       // CPU time that a control group allows, in CPUs; absent: no limit
  std::vector<CoreGroup> core_groups;     // of the CPUs that the contestants get
  std::optional<int64_t> thermal_events;  // how often heat has slowed a core since the machine started
  std::optional<int64_t> memory_bytes;    // usable: the smaller of RAM and cgroup limit
  std::optional<std::string> governor;    // CPU frequency governor; absent when unreadable
  std::vector<std::string> cpu_features;  // "avx2", "avx512f", "amx_tile"
  std::vector<std::string> gpus;
  std::vector<std::string> isolation_gaps;  // what contestants are not kept from, where that is known
  std::optional<Limits> limits;             // as known when the run began
};

// A cell in which nobody could be judged, for a reason that is no contestant's: no truth, no room.
struct CellFault {
  Cell cell;
  std::string reason;
};

// One moment on both clocks: visits are told by the monotonic one.
struct ClockAnchor {
  int64_t monotonic_ns = 0;
  int64_t unix_ns = 0;  // since 1970-01-01T00:00:00Z
  bool operator==(const ClockAnchor&) const = default;
};

// One call of `assay run`.
struct Run {
  std::string id;                       // sortable and unique: "20261122-183107-4f2a"
  std::optional<std::string> label;     // that its user gave it
  std::string started;                  // UTC, ISO 8601
  std::optional<ClockAnchor> clock;     // absent in runs of before it was kept
  std::string assay;                    // version of Assay,
  std::optional<std::string> revision;  // and which one of its history; absent when it was built from none
  std::string command;                  // as typed
  // To go on with the run later: the words of the command line, the folder that it was typed in, and a hash
  // of the program's file. Empty in runs of before this was kept.
  std::vector<std::string> arguments;
  std::string directory;
  std::string program;
  Host host;
  int threads = 0;
  std::vector<int> cpus;  // the runners were held to these; empty: not held
  // Variables of the user's environment that steer frameworks: those that the runners got, and those that
  // they did without.
  std::map<std::string, std::string> kept_environment;
  std::vector<std::string> unset_environment;
  uint64_t seed = 0;
  std::optional<double> target;  // relative half-width that measuring aimed for; absent: rounds were counted
  bool complete = false;
  std::map<std::string, std::string>
      hashes;                 // "graph smollm2-135m/full/inference" -> hash; likewise weights, inputs
  std::vector<Limits> looks;  // at the machine's limits, while it went on: a few figures each, in order
  std::vector<ContestantResult> results;
  std::vector<CellFault> faults;  // still there; the run is not complete then, and can be gone on with
};

}  // namespace assay::record
