// Who comes first in a cell on one machine, over the newest result of each contestant, whichever run it is
// of: what the page of `assay report` works out of the same runs (web/src/cells.ts), for who does not hold
// them all at once. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decide/places.h"
#include "decide/summary.h"

namespace assay::decide {

// What is kept of one contestant of a run for the purpose.
struct Told {
  std::string name, version;
  std::optional<record::Verdict> ranking;  // the class that it has a place in; absent: in none
  double median_ms = 0;                    // with a ranking
  bool says_something = false;             // decide::says_something
};

// What one run tells of a cell: everyone in it, and the comparisons of those with a place, as positions.
struct ToldCell {
  std::string started;  // the run
  std::vector<Told> members;
  std::vector<Pair> pairs;
};
[[nodiscard]] ToldCell told(std::string started, std::span<const Summary> cell);

// Of the strictest class that anybody has a place in.
struct Leaders {
  std::optional<record::Verdict> ranking;  // absent: nobody has a time that counts
  std::vector<std::string> names;          // of the first place, by median; with too few rounds the quickest
  // faster: one, who is told from all whose place is known; equal or not told apart: several; too few rounds:
  // no place is known, or there is nobody to compare with.
  stats::Comparison said = stats::Comparison::too_few_rounds;
  double median_ms = 0;    // of the first of them
  size_t ranked = 0;       // members of the class,
  size_t open = 0;         // of them without a place, for too few rounds
  size_t contestants = 0;  // of the cell, without a time too
};

// A ratio counts as long as both are of the versions that are the newest. The newest run first.
[[nodiscard]] Leaders leaders(std::span<const ToldCell> runs, double margin = stats::kMargin);

}  // namespace assay::decide
