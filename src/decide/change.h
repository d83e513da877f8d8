// What became of a contestant, or how two differ, in everything that is measured: one result held against
// another. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decide/across.h"

namespace assay::decide {

// Ratios are after / before; absent where either side has no figure.
struct Change {
  Measured before, after;
  std::optional<Across> time;  // of a step
  std::optional<stats::Estimate>
      start;                        // of the launches of blocks, code and weights being in the page cache
  std::optional<double> memory;     // peak of the cold launch
  std::optional<double> footprint;  // installed
  std::optional<double> error;      // against float64
};

// Of two results of one cell.
[[nodiscard]] Change change_of(const Measured& before, const Measured& after);

// What counts as worse: a share of the figure before. Memory and size are one figure a run each; on an idle
// machine they repeat to a percent (bench/alarms). An error may differ by chance from one set of inputs to
// the next.
struct Allowed {
  double time = 0.05;
  double start = 0.25;
  double growth = 0.05;             // of memory and installed size,
  double least_growth_bytes = 5e6;  // and no less than this
  double error = 1;                 // twice
};

// What became worse, a few words each: a step or start that is significantly slower and by more than is
// allowed, more memory or a larger installation, a larger error, a lower class, a failure. Empty: nothing.
[[nodiscard]] std::vector<std::string> losses(const Change& change, const Allowed& allowed);

}  // namespace assay::decide
