// CPU time that a contestant took against the threads it was given: who runs on more CPUs than the others
// were allowed is not comparable, whatever its answers are. Pure; used on visits as they are stored.
#pragma once

#include <span>
#include <string>

#include "record/measurement.h"

namespace assay::decide {

// A visit took too much when its CPU time is more than this share above what its threads could take between
// the two readings of it, and more than this long: the kernel brings the time of a thread that is running up
// to date at its ticks, of 10 ms at most.
inline constexpr double kMostExcess = 0.03;
inline constexpr double kTickNs = 10e6;
// So many visits, and half of those whose CPU time is known, must have taken too much: a reading may be late
// once.
inline constexpr int kLeastExcessiveVisits = 2;

// The reason, where the contestant used more CPUs than its threads: "used 2.0 CPUs where 1 thread was
// allowed"; else empty. Threads beyond those that are allowed (of a runtime, for input and output, for
// garbage) are no fault as long as all together take no more time. Visits without the window of their CPU
// time are left out.
[[nodiscard]] std::string too_much_cpu_time(std::span<const record::Visit> visits, int threads);

}  // namespace assay::decide
