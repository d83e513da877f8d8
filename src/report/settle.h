// What a run left undecided, and what would decide it: one sentence.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "decide/summary.h"

namespace assay::report {

// How long was measured: `--budget` in seconds or `--rounds` of each cell, one of them.
struct Effort {
  std::optional<double> budget_s;
  std::optional<int> rounds;
};

// Of the ratios to baselines that say neither faster, slower nor equal: how many, the widest, and how much
// longer to measure so that each is known to `target`, if rounds go on scattering as they did: the width
// falls with the root of their number. Empty where all is decided.
[[nodiscard]] std::string settle(std::span<const decide::Summaries> cells, double target,
                                 const Effort& effort);

}  // namespace assay::report
