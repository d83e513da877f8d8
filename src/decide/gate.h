// What a gate says of runs that are held against a baseline: what became worse, and who is gone. Pure.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "decide/change.h"

namespace assay::decide {

// A contestant that the baseline has a right answer of, and the runs that are judged tell nothing of.
struct Gone {
  Measured before;
  bool asked_for = false;  // a run was to measure it, so that this is a failure and no choice
  std::string why;         // a few words
};

// Whether the words of a run ask for a contestant in a cell.
using AsksFor = std::function<bool(const record::Run&, const record::ContestantResult&)>;

// Of what the baseline has (`before`) whoever is not in `after`, the results of `runs` that tell something.
// It was asked for where a run has an entry of it, or is not complete and `asks_for` says so: a run that is
// complete has an entry of everybody.
[[nodiscard]] std::vector<Gone> gone(std::span<const Measured> before, std::span<const Measured> after,
                                     std::span<const record::Run* const> runs, const AsksFor& asks_for);

struct Judged {
  Change change;
  std::vector<std::string> losses;  // what became worse; empty: nothing
};

struct Gate {
  std::vector<Judged> judged;
  std::vector<Gone> gone;
};

// Whether nothing became worse, and nobody is gone who was asked for.
[[nodiscard]] bool passed(const Gate& gate);

}  // namespace assay::decide
