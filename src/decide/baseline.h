// Choosing whom the others are compared with, after the fact.
#pragma once

#include <string_view>

#include "base/result.h"
#include "record/measurement.h"

namespace assay::decide {

// Puts the contestant first in every cell that it took part in, so that summarise() compares the others with
// it. `name` is "framework", "framework/variant" or "framework/variant@device", meaning the first that
// matches. Fails (usage) naming the run's contestants when none does.
[[nodiscard]] Result<> choose_baseline(record::Run& run, std::string_view name);

}  // namespace assay::decide
