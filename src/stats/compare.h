// From visits to the figures a reader sees: the time of one contestant, and the ratio of two, paired within
// rounds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/bootstrap.h"

namespace assay::stats {

// One visit: all its timed steps. Visits of two contestants with the same block and round lie about a second
// apart.
struct VisitSamples {
  int block = 0;
  int round = 0;
  std::vector<double> samples;  // any unit, the same for all; at least one
};

// Fewer pairs (or visits) than this give values, but no interval and no verdict.
inline constexpr size_t kLeastPairs = 6;

// What a visit contributes to a *comparison*: the lower quartile of its steps, because a disturbance only
// ever adds time and hits single steps. The headline *time* is the median of all samples. docs/method.md has
// the reasons.
inline constexpr double kComparedQuantile = 0.25;
[[nodiscard]] double compared_time(const VisitSamples& visit);

struct Estimate {
  double median = 0;
  std::optional<Bounds> interval;  // absent under kLeastPairs
  size_t count = 0;                // visits or pairs
};

// The median of all samples of all visits; the interval is of the median visit, each visit standing for the
// median of its steps. Absent when there are no visits.
[[nodiscard]] std::optional<Estimate> time_of(std::span<const VisitSamples> visits, uint64_t seed);

// The ratio contestant / baseline: the median over rounds that both have of the ratio of their compared
// times. Below 1 the contestant is faster. Absent when no round has both.
[[nodiscard]] std::optional<Estimate> ratio_of(std::span<const VisitSamples> contestant,
                                               std::span<const VisitSamples> baseline, uint64_t seed);

// Whether the interval excludes 1: only then is one "faster" than the other; else it is a tie. Without
// interval: no verdict.
enum class Comparison { no_verdict, tie, faster, slower };
[[nodiscard]] Comparison verdict(const Estimate& ratio);

}  // namespace assay::stats
