// What a visit's steps took by the core's own clock: the figures that are compared. A runner's samples are
// believed only as far as the core saw so much time pass, request by request, so that neither a clock that
// leaves something out nor samples that are spread unevenly make anyone faster.
#pragma once

#include <vector>

#include "record/measurement.h"

namespace assay::record {

// A request and its answer take up to so much on their way: less is missing from a runner's samples with the
// best of clocks.
inline constexpr double kRoundTripNs = 100'000;

// One figure a step, ns. The steps of one request share its time: the sum of its samples, but no less than
// what the core saw pass, less kRoundTripNs. To each comes its share of `ahead_ns`. A visit of a run that had
// no requests gives its samples.
[[nodiscard]] std::vector<double> step_times_ns(const Visit& visit);

}  // namespace assay::record
