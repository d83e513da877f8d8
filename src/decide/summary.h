// From samples to what a reader sees: median time with its interval, and the ratio to the baseline. Pure;
// made anew whenever a run is read, never stored.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decide/places.h"
#include "record/measurement.h"
#include "stats/compare.h"

namespace assay::decide {

// A figure, and how well it is known: no interval under six visits or pairs (docs/method.md).
struct Figure {
  double median = 0;
  std::optional<stats::Bounds> interval;
};

// High percentiles of a step's time; each absent until there are enough samples for it.
struct Percentiles {
  std::optional<double> p50, p90, p95, p99;
};

// What follows from all that was measured of one contestant in one cell, and of the others of that cell.
struct Summary {
  const record::ContestantResult* result = nullptr;  // whose summary it is; not owned, must live longer
  std::optional<Figure> time_ms;                     // median of all samples; interval over visits
  Percentiles percentiles_ms;
  // Of a request that is read and answered token by token: until the first token is there, and for each
  // further one, as the runner clocked them. Intervals over visits.
  std::optional<Figure> first_token_ms, further_token_ms;
  int64_t samples = 0;
  int rounds = 0;                       // visits
  int blocks = 0;                       // launches that were timed
  int disturbed = 0;                    // of the rounds, those in which something else took the CPUs
  std::optional<std::string> ratio_to;  // the baseline's name
  std::optional<Figure> ratio;          // this contestant's time / the baseline's, paired within rounds
  int pairs = 0;                        // rounds behind the ratio
  stats::Comparison comparison = stats::Comparison::too_few_rounds;  // with the baseline
  double margin = stats::kMargin;                                    // that "equal" means
  Place place;                                                       // in its ranking
  // Relative half-width of the ratio's interval; of the time's, for one without a ratio to another. Absent
  // without an interval.
  std::optional<double> half_width;
  // Whether it is under the run's target; absent when there was none. `why_wide` says why it is not.
  std::optional<bool> reached_target;
  std::optional<std::string> why_wide;
  // The limit that two frameworks showed to be possible, where that is less than the measured one, and which
  // frameworks those are (decide/limit.h).
  std::optional<double> raised_limit_ms;
  std::vector<std::string> raised_by;
};

// Of one cell, in the order of its results.
using Summaries = std::vector<Summary>;

// Comparisons are within a class (decide/ranking.h). The baseline of a class is the contestant that
// `baseline` refers to (decide/baseline.h) if it is of the class and ranked; else the first that is ranked
// and took part in at least half as many rounds as any other of them. `target`: the half-width that measuring
// aimed for; absent: nobody reaches or misses it. `margin`: within which two are equal. What is in no ranking
// has a time at most.
[[nodiscard]] Summaries summarise(std::span<const record::ContestantResult> cell,
                                  std::optional<double> target, std::string_view baseline = {},
                                  double margin = stats::kMargin);

// The ratios of every two of a cell that are of one ranking and have rounds in common, as positions in it.
[[nodiscard]] std::vector<Pair> comparisons(std::span<const Summary> cell);

// Summaries for every cell of a run. Whom `baseline` refers to comes first in its cells.
[[nodiscard]] std::vector<Summaries> summarise(const record::Run& run, std::string_view baseline = {},
                                               double margin = stats::kMargin);

}  // namespace assay::decide
