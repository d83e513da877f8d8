// Who of a ranking is told apart from whom, and the places that follow.
//
// One rule for words, places and intervals: of two contestants one is faster when stats::verdict says so of
// the ratio of the two, and by no other rule. A place is one more than there are of whom it is known that
// they are faster, directly or because they are faster than somebody who is: so whoever is called slower than
// another stands behind it. That nobody else's figures enter a comparison means that no correction for their
// number is made. For the claim that one is the fastest of all none is needed: it must be told from each of
// the others, and the leader by chance that passes all these tests comes no more often than with one (Gutmann
// and Maymin, Is the selected population the best?, Annals of Statistics 15, 1987).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stats/compare.h"

namespace assay::decide {

// Two members of a ranking, as positions in it, a < b; and the time of a / that of b.
struct Pair {
  size_t a = 0, b = 0;
  stats::Estimate ratio;
};

// Of members whose visits are these: every two that have a round in common, or a third that each has rounds
// with, as those have that do not fit into the memory together or take too long to share a block.
[[nodiscard]] std::vector<Pair> pairs_of(std::span<const std::vector<stats::VisitSamples>* const> members);

struct Place {
  std::optional<int> number;  // from 1; absent: its rounds are too few to tell it from anybody
  bool shared = false;        // with others that it is not told apart from
  bool fastest = false;       // it is faster than every other; false where there is no other
};

// The places of so many members.
[[nodiscard]] std::vector<Place> places(size_t members, std::span<const Pair> pairs);

}  // namespace assay::decide
