// What a visit that was really made cannot be: asked of what comes from a store or a file, before figures are
// made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "record/measurement.h"

namespace assay::record {

// A week: no step takes longer.
inline constexpr int64_t kMostSampleNs = int64_t{7} * 24 * 3600 * 1'000'000'000;

// Whether `parts_ns` can be the parts of these steps: as many of each, and no longer together than the step.
[[nodiscard]] bool are_parts(std::span<const int64_t> parts_ns, std::span<const int64_t> samples_ns);

// Why the visit cannot have been made, with its block and round: it has no samples, some are no times, or its
// requests or parts are not of its steps. Empty: it can.
[[nodiscard]] std::string implausible(const Visit& visit);

}  // namespace assay::record
