// What measuring leaves behind, as plain data: launches, visits with all their samples, and the summary a
// reader sees.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "record/outcome.h"
#include "record/verdict.h"

namespace assay::record {

// Who runs: "pytorch/compile@cpu".
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
};

// The cold launch: process spawned to first correct output, and its parts. Absent figures are absent, not
// zero.
struct Launch {
  double cold_s = 0;     // spawned -> first output complete
  double import_s = 0;   // spawned -> described
  double load_s = 0;     // load request -> loaded
  double prepare_s = 0;  // first step, with compilation or tracing
  std::optional<int64_t>
      peak_bytes;  // proportional set size of the process tree, sampled peak, before outputs are written
  std::optional<int64_t> footprint_bytes;  // installed files of the framework
};

// The surroundings of a visit, where the system tells them.
struct Surroundings {
  std::optional<double> cpu_pressure;  // share of the visit's time some task waited for a CPU (PSI)
  std::optional<double> steal;         // share of CPU time taken by the hypervisor
  std::optional<double> load;          // one-minute load average
  std::optional<int> threads;          // threads of the runner, counted
};

// One visit: a wake-up step (not kept) and at least three timed steps of one contestant.
struct Visit {
  int block = 0;
  int round = 0;
  int position = 0;                 // place in the round's shuffled order
  int64_t started_ns = 0;           // monotonic clock
  int64_t batch_ns = 0;             // the core's own clock around the timed steps
  std::vector<int64_t> samples_ns;  // one a step, as the runner clocked it
  std::vector<uint8_t> input_sets;  // which input set each step had
  Surroundings surroundings;
};

struct Interval {
  double median = 0;
  double low = 0;
  double high = 0;
};

// Everything about one contestant in one cell.
struct Entry {
  Contestant contestant;
  Cell cell;
  Outcome outcome = Outcome::ok;
  std::optional<Failure> failure;
  Accuracy accuracy;
  std::optional<Launch> launch;
  std::vector<Visit> visits;

  // Derived from the visits (stats/, decide/).
  std::optional<Interval> time_ms;  // median of all samples; interval over visits, absent under 6 visits
  int64_t samples = 0;
  int rounds = 0;
  std::string ratio_to;  // the baseline's name, empty for none
  std::optional<Interval>
      ratio;  // this contestant's time / the baseline's; low and high absent (NaN) under 6 pairs
};

// The machine, for the report and the store. Figures that the system does not tell are absent.
struct Host {
  std::string name;  // a stable id of the machine, not its network name
  std::string os;    // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;
  std::string arch;                       // "x86_64"
  std::string cpu;                        // model name
  int cores = 0;                          // usable by this process
  int64_t memory_bytes = 0;               // usable: the smaller of RAM and cgroup limit
  std::string governor;                   // CPU frequency governor, empty when unreadable
  std::vector<std::string> cpu_features;  // "avx2", "avx512f", "amx_tile"
  std::vector<std::string> gpus;
};

// One call of `assay run`.
struct Run {
  std::string id;       // sortable and unique: "20261122-183107-4f2a"
  std::string started;  // UTC, ISO 8601
  std::string assay;    // version of Assay
  std::string command;  // as typed
  Host host;
  int threads = 0;
  uint64_t seed = 0;
  bool complete = false;
  std::map<std::string, std::string>
      hashes;  // "graph smollm2-135m/full/inference" -> hash; likewise weights, inputs
  std::vector<Entry> entries;
};

}  // namespace assay::record
