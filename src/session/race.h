// The blocks of one cell, with everything that comes out of them stored at once.
#pragma once

#include <span>

#include "session/cell.h"
#include "session/lane.h"

namespace assay::session {

// Measures the lanes that are racing, in interleaved rounds; a lane that fails on the way or answers wrongly
// is dropped with its reason. Returns whether every round was done. Fails as Assay itself does.
[[nodiscard]] Result<bool> race(std::span<Lane> lanes, Cell& cell, Context& context);

}  // namespace assay::session
