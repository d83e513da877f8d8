// What else went on while something was measured: two snapshots of the system's counters and their
// difference.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "host/energy.h"
#include "record/measurement.h"

namespace assay::host {

// The system's counters at one moment. Absent where the system does not tell.
struct Snapshot {
  int64_t taken_ns = 0;                           // monotonic clock
  std::optional<int64_t> cpu_waited_us;           // PSI: time since boot in which some task waited for a CPU
  std::optional<int64_t> cpu_ticks, steal_ticks;  // all CPU time, and what the hypervisor took of it
  std::optional<int64_t> busy_ticks;              // and what processes and the kernel used of it
  double tick_us = 10'000;
  std::optional<double> load;  // one-minute load average
  // How much longer the machine is up than its monotonic clock says: the time it was suspended.
  std::optional<int64_t> suspended_ns;
  std::vector<EnergyCounter> energy;
  std::optional<int64_t> throttled;       // periods in which a quota of CPU time was used up
  std::optional<int64_t> thermal_events;  // times that heat slowed a core
};

// Reads a handful of small files: about 50 us.
[[nodiscard]] Snapshot snapshot(const std::filesystem::path& root = "/");

// What happened between two snapshots. `runner_cpu_ns`: CPU time that the runner used meanwhile; the rest was
// used by others. `threads` and `cpus` stay absent: they are the runner's, not the system's.
[[nodiscard]] record::Surroundings between(const Snapshot& before, const Snapshot& after,
                                           std::optional<int64_t> runner_cpu_ns = std::nullopt);

}  // namespace assay::host
