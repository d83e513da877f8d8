// From visits to the figures a reader sees: the time of one contestant, and the ratio of two, paired within
// rounds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "stats/inference.h"

namespace assay::stats {

// One visit: all its timed steps. Visits of two contestants with the same block and round lie about a second
// apart.
struct VisitSamples {
  int block = 0;
  int round = 0;
  std::vector<double> samples;  // any unit, the same for all; at least one
  bool disturbed = false;       // something else took the CPUs
};

// What a visit contributes to a *comparison*: the lower quartile of its steps, because a disturbance only
// ever adds time and hits single steps. The headline *time* is the median of all samples. docs/method.md has
// the reasons.
inline constexpr double kComparedQuantile = 0.25;
[[nodiscard]] double compared_time(const VisitSamples& visit);

// Disturbed visits are left out while at least this share of the pairs (or visits), and kLeastPairs of them,
// are undisturbed. On a machine that is disturbed all the time all count: that is how it is.
inline constexpr double kLeastUndisturbed = 0.5;

struct Estimate {
  double median = 0;  // of a ratio the mean of the blocks' medians (stats/inference.h), in logarithms
  std::optional<Bounds> interval;  // absent under kLeastPairs or kLeastBlocks
  size_t count = 0;                // visits or pairs that it is of
  size_t blocks = 0;               // and the blocks they lie in
  size_t disturbed = 0;            // visits or pairs that were disturbed; left out or not
  double least = 0, most = 0;      // of the visits or pairs it is of
  double between = 0;              // relative standard deviation from block to block,
  double within = 0;               // and within one; 0 without an interval
};

// The median of all samples of the visits; the interval is as wide as that of the median visit, each visit
// standing for the median of its steps. Absent when there are no visits.
[[nodiscard]] std::optional<Estimate> time_of(std::span<const VisitSamples> visits);

// The ratio contestant / baseline, of their compared times in the rounds that both have. Below 1 the
// contestant is faster. Absent when no round has both.
[[nodiscard]] std::optional<Estimate> ratio_of(std::span<const VisitSamples> contestant,
                                               std::span<const VisitSamples> baseline);

// The ratio the other way round.
[[nodiscard]] Estimate inverse(const Estimate& ratio);

// Measuring goes on until the half-width is under this share of the target, not only just under the target: a
// difference of five percent is then found in 95 of 100 comparisons at a target of three (bench/coverage).
inline constexpr double kAim = 0.85;

// Half the interval, relative to the median. Absent without an interval.
[[nodiscard]] std::optional<double> half_width(const Estimate& estimate);

// A difference of less than this share does not matter, unless the reader says otherwise.
inline constexpr double kMargin = 0.03;
// Two contestants are told apart by far, without an interval, when all pairs differ by this factor on one
// side: so many pairs from kLeastBlocks blocks by the smaller one, for what disturbs one visit of a pair may
// double its time, and hits one launch; a single pair by the larger one, for nothing makes every step of a
// visit last so long.
inline constexpr size_t kLeastFarPairs = 2;
inline constexpr double kFar = 3;
inline constexpr double kFarAlone = 10;

// What a ratio says. Faster or slower: the interval excludes 1, or the two are told apart by far. Equal: the
// interval lies within the margin, from 1 / (1 + margin) to 1 + margin. Not told apart: it does neither.
// Without an interval, and not by far: too few rounds.
enum class Comparison { too_few_rounds, not_told_apart, equal, faster, slower };
[[nodiscard]] std::string_view name(
    Comparison comparison);  // "none", "undecided", "equal", "faster", "slower"
[[nodiscard]] Comparison verdict(const Estimate& ratio, double margin = kMargin);

}  // namespace assay::stats
