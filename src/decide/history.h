// One contestant in one cell, run after run: its times, and where they changed. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decide/across.h"
#include "stats/change_points.h"

namespace assay::decide {

struct Occasion {
  Measured measured;
  std::optional<stats::Estimate> time_ms;
  std::optional<stats::Estimate> ratio;  // to the control, where there is one
  // The version differs from the occasion before.
  bool new_version = false;
  // A change of level begins here: the ratio new / old with its interval.
  std::optional<stats::Estimate> change;
};

struct History {
  std::vector<Occasion> occasions;  // oldest first
  std::string control;  // contestant that all occasions with a ratio have; empty: times are compared
};

// Of results of one contestant and cell on one machine, in any order. The control is the contestant that most
// of the runs have in one version and from the same files, of several the one with most rounds; it must be in
// all runs that have a time of the contestant, else the times themselves are searched for changes.
[[nodiscard]] History history_of(std::vector<Measured> results);

}  // namespace assay::decide
