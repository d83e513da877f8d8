// Choosing whom the others are compared with, after the fact.
#pragma once

#include <string_view>

#include "base/result.h"
#include "record/measurement.h"

namespace assay::decide {

// Whether `name` is the contestant's "framework", "framework/variant" or "framework/variant@device".
[[nodiscard]] bool means(std::string_view name, const record::Contestant& contestant);

// Puts the first contestant that `name` means first in every cell that it took part in. Fails (usage) naming
// the run's contestants when it means none.
[[nodiscard]] Result<> choose_baseline(record::Run& run, std::string_view name);

}  // namespace assay::decide
