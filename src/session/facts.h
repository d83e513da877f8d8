// What is known of a contestant in a cell beside its times and answers: what a step must do at least and how
// long that takes here, and what the framework's footprint is made of.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "record/measurement.h"
#include "runner/runner.h"
#include "session/cell.h"
#include "session/lane.h"
#include "setup/select.h"

namespace assay::session {

// The least work of the cell's step. With the machine's limits also the time that takes with the compute
// type, for a contestant on the CPU: a device has limits of its own, which are not known.
[[nodiscard]] record::StepLimit step_limit(const Cell& cell, std::string_view device,
                                           std::string_view compute_type,
                                           const std::optional<record::Limits>& limits);

// What the contestant's runner had mapped after its first step, and the packages of its build. `home` is
// where its compilers write.
[[nodiscard]] record::Footprint footprint_of(const setup::Selection& selection, const runner::Code& code,
                                             const std::filesystem::path& home);

}  // namespace assay::session
