// How results differ, as a table and as JSON.
#pragma once

#include <span>
#include <string>

#include "decide/change.h"
#include "report/table.h"

namespace assay::report {

// A row for each: what it is of, the ratio of the times with its interval and what it says, and what became
// of start, memory, installed size and error. Ratios are after / before.
[[nodiscard]] Table change_table(std::span<const decide::Change> changes, double margin = stats::kMargin);

// The median time of a step; of one that failed, how.
[[nodiscard]] std::string time_or_outcome(const record::ContestantResult& result);

// An array of objects (docs/json.md).
[[nodiscard]] std::string change_json(std::span<const decide::Change> changes,
                                      double margin = stats::kMargin);

// How the times were compared, where not by rounds of one run; a sentence, or empty.
[[nodiscard]] std::string pairing_note(std::span<const decide::Change> changes);

}  // namespace assay::report
