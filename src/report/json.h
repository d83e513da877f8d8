// A run as the JSON document of `--json` (docs/json.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "decide/summary.h"

namespace assay::report {

// One document, schema 3, with the summaries of the run's cells. `samples`: with every visit and its samples
// in nanoseconds, and the error of every tensor.
[[nodiscard]] nlohmann::ordered_json document(const record::Run& run,
                                              std::span<const decide::Summaries> cells, bool samples = false);
// As a text.
[[nodiscard]] std::string to_json(const record::Run& run, std::span<const decide::Summaries> cells,
                                  bool samples = false);

}  // namespace assay::report
