// When something else than the contestant got in the way of a visit: one rule, used while measuring (the
// round is repeated) and when figures are made from what was stored (docs/method.md).
#pragma once

#include "record/measurement.h"

namespace assay::record {

// The machine slept for longer than clocks that are read one after the other can differ; or
inline constexpr double kMostSuspendedSeconds = 0.01;
// the hypervisor took more than this share of the CPU time; or
inline constexpr double kMostSteal = 0.02;
// a control group's quota of CPU time was used up, so that the contestant stood still; or
inline constexpr int64_t kMostThrottled = 0;
// for more than this share of the visit some task waited for a CPU (PSI), while
inline constexpr double kMostPressure = 0.10;
// processes other than the runner kept this many CPUs busy: a runner that makes itself wait, by more threads
// than CPUs, is not disturbed; that is how it runs.
inline constexpr double kMostOtherCpus = 0.10;

// Figures that the system does not tell disturb nothing; pressure without `other_cpus` counts as another's.
[[nodiscard]] bool disturbed(const Surroundings& surroundings);

// The share of a visit that others may have taken from the core, which then saw the end of a request late:
// that in which some process waited for a CPU, but no more than the share of the machine's `cpus` that
// processes other than the runner's kept busy, and what the hypervisor took. What a runner's own surplus
// threads do to the pressure earns it nothing, nor does what nobody counted.
[[nodiscard]] double excused_share(const Surroundings& surroundings, int cpus);

}  // namespace assay::record
