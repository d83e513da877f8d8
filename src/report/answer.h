// The answer to "which one should I take?", in plain sentences, from what one run measured in one cell.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "decide/summary.h"

namespace assay::report {

// Two or three sentences: whom to take and how sure that is; what that costs in memory, start, size and
// accuracy against the runner-up; who of the cell has no time, and why. The most exact class that anybody is
// in answers; who is quicker in another is named. Where nobody can be taken, one sentence says so. Empty for
// an empty cell.
[[nodiscard]] std::vector<std::string> answer(std::span<const decide::Summary> cell);

}  // namespace assay::report
