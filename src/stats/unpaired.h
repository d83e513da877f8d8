// Ratios of times that were not measured beside each other: in two runs, on two days. Nothing pairs their
// rounds, so what changed about the machine between the two does not cancel, and the interval has to hold it.
//
// The interval of a quotient of two independent figures comes from theirs by the MOVER rule (method of
// variance estimates recovery; Zou and Donner, Construction of confidence limits about effect measures: a
// general approach, Statistics in Medicine 27, 2008): in logarithms, d = x - y with
//   low  = d - sqrt((x - low_x)^2 + (high_y - y)^2 + w^2),
//   high = d + sqrt((high_x - x)^2 + (y - low_y)^2 + w^2),
// where w pays for what neither interval knows of. bench/coverage shows that it suffices; docs/method.md has
// the table.
#pragma once

#include "stats/compare.h"

namespace assay::stats {

// Runs of one contestant on one machine differ by more than their launches do: the standard deviation, in
// logarithms, of what a whole run is off by.
inline constexpr double kBetweenRuns = 0.04;

// The ratio of two ratios to one and the same contestant, each paired by rounds, of two runs or of one: what
// changed about the machine hit that contestant too and cancels. Without an interval where either has none;
// then it can still tell the two apart by far.
[[nodiscard]] Estimate ratio_by_control(const Estimate& ours, const Estimate& theirs);

// The ratio of two times with nothing in common; likewise.
[[nodiscard]] Estimate ratio_unpaired(const Estimate& our_time, const Estimate& their_time,
                                      double between_runs = kBetweenRuns);

}  // namespace assay::stats
