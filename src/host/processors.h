// The CPUs that this process may use, as cores of a kind on a NUMA node, and which of them come first: what a
// contestant gets is decided here. Pure; topology.h reads them from the machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "record/measurement.h"

namespace assay::host {

// One CPU as the system numbers it: a core, or one of the hardware threads that share a core.
struct Processor {
  int cpu = 0;
  int core = 0;  // equal for those that share a core
  int node = 0;  // of NUMA
  bool efficiency = false;
  // What the maker or the system says of its kind, for kinds_of(): absent where nothing is said.
  std::string core_type;        // "IntelAtom", "IntelCore"
  std::optional<int> capacity;  // of Linux: 1024 is the quickest CPU of the machine
  std::optional<int> highest_mhz;
  std::optional<int> mhz;  // now
  std::optional<std::string> governor;
};

// Marks the slow kind. What the maker names so is; else what has less than kFastShare of the machine's
// highest capacity, or of its highest frequency where no capacity is told. CPUs of one kind differ too: the
// best cores of a Zen 4 are allowed 18 % more than its least, an Arm core in the middle has four fifths of
// the fastest.
inline constexpr double kFastShare = 0.75;
[[nodiscard]] std::vector<Processor> with_kinds(std::vector<Processor> all);

// In the order in which threads get them: one CPU of each core before the second of any, of these the fast
// kind first, and one NUMA node before the next, that with the most fast cores first.
[[nodiscard]] std::vector<Processor> in_order(std::vector<Processor> usable);

// One thread for each core of the fast kind, as many as the quota of CPU time lasts for, at least one: part
// of a CPU more than a whole number is not counted, since a thread on it would be throttled.
[[nodiscard]] int default_threads(const std::vector<Processor>& usable, std::optional<double> quota_cpus);

// Those that are alike in kind and node, in the given order; frequencies are the highest and the mean.
[[nodiscard]] std::vector<record::CoreGroup> groups_of(const std::vector<Processor>& used);

}  // namespace assay::host
