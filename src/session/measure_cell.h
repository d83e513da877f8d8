// The blocks of one cell, with everything that comes out of them stored at once.
#pragma once

#include <span>

#include "session/contestant_run.h"
#include "session/prepared_cell.h"

namespace assay::session {

// Measures the contestants that are measurable, in interleaved rounds; a contestant that fails on the way or
// answers wrongly is dropped with its reason. Returns whether every round was done. Fails as Assay itself
// does.
[[nodiscard]] Result<bool> measure_cell(std::span<ContestantRun> contestants, PreparedCell& cell,
                                        RunContext& context);

}  // namespace assay::session
