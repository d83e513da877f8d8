// A contestant over time, as a table and as JSON.
#pragma once

#include <string>
#include <vector>

#include "decide/history.h"
#include "report/table.h"

namespace assay::report {

// A row for each run, oldest first, with new versions and changes marked.
[[nodiscard]] Table history_table(const decide::History& history);

// The same for CSV: the control has a column of its own, since the histories of one file may have several.
[[nodiscard]] Table history_csv_table(const decide::History& history);

// A sentence for each change: when, by how much, at which version.
[[nodiscard]] std::vector<std::string> history_sentences(const decide::History& history);

// An object (docs/json.md).
[[nodiscard]] std::string history_json(const decide::History& history);

}  // namespace assay::report
