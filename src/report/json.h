// A run as the JSON document of `--json` (docs/json.md).
#pragma once

#include <span>
#include <string>

#include "decide/summary.h"

namespace assay::report {

// One document, schema 3, with the summaries of the run's cells. `samples`: with every visit and its samples
// in nanoseconds, and the error of every tensor.
[[nodiscard]] std::string to_json(const record::Run& run, std::span<const decide::Summaries> cells,
                                  bool samples = false);

}  // namespace assay::report
