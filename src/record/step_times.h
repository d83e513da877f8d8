// What a visit's steps took by the core's own clock: the figures that are compared. A runner's samples are
// believed only as far as the core saw so much time pass, request by request, so that neither a clock that
// leaves something out nor samples that are spread unevenly make anyone faster.
#pragma once

#include <vector>

#include "record/measurement.h"

namespace assay::record {

// A request and its answer take up to so much on their way, where the runner is a Python program: so much may
// be missing from its samples with the best of clocks. But no more than this share of the request, which is
// all that a clock that leaves something out can gain.
inline constexpr double kRoundTripNs = 300'000;
inline constexpr double kRoundTripShare = 0.01;
[[nodiscard]] double way_ns(const StepRequest& request);

// One figure a step, ns. The steps of one request share its time: the sum of its samples, but no less than
// what the core saw pass, less way_ns(). To each comes its share of `ahead_ns`. A visit of a run that had
// no requests gives its samples.
[[nodiscard]] std::vector<double> step_times_ns(const Visit& visit);

}  // namespace assay::record
