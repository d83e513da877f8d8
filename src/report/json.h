// A run as the JSON document of `--json` (docs/json.md).
#pragma once

#include <string>

#include "record/measurement.h"

namespace assay::report {

// One document, schema 1. `samples`: with every visit and its samples in nanoseconds.
[[nodiscard]] std::string to_json(const record::Run& run, bool samples = false);

}  // namespace assay::report
