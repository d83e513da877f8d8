// What one step of a cell must do at least, and how long that takes here.
#pragma once

#include <optional>
#include <string_view>

#include "record/limits.h"
#include "session/prepared_cell.h"

namespace assay::session {

// The least work of the cell's step. With the machine's limits also the time that takes with the compute
// type, for a contestant on the CPU: a device has limits of its own, which are not known.
[[nodiscard]] record::StepLimit step_limit(const PreparedCell& cell, std::string_view device,
                                           std::string_view compute_type,
                                           const std::optional<record::Limits>& limits);

}  // namespace assay::session
