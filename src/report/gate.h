// What a gate found, as a table, in lines and as JSON.
#pragma once

#include <string>
#include <vector>

#include "decide/gate.h"
#include "report/table.h"

namespace assay::report {

// A row for each comparison as change_table has it, and for each that is gone and was asked for; the last
// column says what became worse.
[[nodiscard]] Table gate_table(const decide::Gate& gate, double margin = stats::kMargin);

// A line for each that became worse: who, where, what.
[[nodiscard]] std::vector<std::string> gate_losses(const decide::Gate& gate);

// Who is in the baseline and was not asked for; a sentence, or empty. A cell of which nobody was asked for is
// named once.
[[nodiscard]] std::string not_asked_note(const decide::Gate& gate);

// An object (docs/json.md).
[[nodiscard]] std::string gate_json(const decide::Gate& gate, double margin = stats::kMargin);

}  // namespace assay::report
