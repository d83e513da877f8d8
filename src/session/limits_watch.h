// The machine's limits while a run goes on: a machine that was busy or hot when they were measured may be
// quicker now, and the best of all counts. Each look is kept with the run. To be called while no contestant
// runs.
#pragma once

#include <span>

#include "base/result.h"
#include "session/contestant_run.h"
#include "session/prepared_cell.h"

namespace assay::session {

// A few tenths of a second between two blocks, some time after the last (Request::look_interval_s): looks at
// what the limits of these contestants rest on, stores the look, and raises the limits of the run, of the
// cache and of the contestants where it was quicker. Nothing where the machine's limits are not known; a look
// that fails leaves those that are.
[[nodiscard]] Result<> watch_limits(std::span<ContestantRun* const> contestants, const PreparedCell& cell,
                                    RunContext& context);

// When some contestant was quicker than the machine's limits allow, looks at them before it is said, and
// where that does not explain it measures all of them once more.
[[nodiscard]] Result<> recheck_limits(std::span<ContestantRun> contestants, const PreparedCell& cell,
                                      RunContext& context);

}  // namespace assay::session
