// Choosing whom the others are compared with, after the fact.
#pragma once

#include <string_view>

#include "base/result.h"
#include "record/measurement.h"

namespace assay::decide {

// Whether `name` is the contestant's "framework", "framework/variant" or "framework/variant@device".
[[nodiscard]] bool refers_to(std::string_view name, const record::Contestant& contestant);

// Fails (usage), naming the run's contestants, when `name` refers to none of them.
[[nodiscard]] Result<> check_baseline(const record::Run& run, std::string_view name);

}  // namespace assay::decide
