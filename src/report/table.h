// Results as tables.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "decide/summary.h"
#include "report/formats.h"

namespace assay::report {

// The results of one cell, ranked by median, each class of accuracy by itself; what is in no ranking stands
// below with its reason.
[[nodiscard]] Table results_table(std::span<const decide::Summary> cell);
// What stands under that table: that there are several rankings, and each one's baseline. Empty for one.
[[nodiscard]] std::vector<std::string> results_foot(std::span<const decide::Summary> cell);

// What else is known of the contestants of one cell, in the same order: rates, the limit of a step, warm
// start, the parts of memory and footprint.
[[nodiscard]] Table details_table(std::span<const decide::Summary> cell);
// How the steps' times are distributed and what is behind them: percentiles, where there are samples enough,
// counts of samples, rounds and blocks, disturbed rounds, and the half-width that was reached.
[[nodiscard]] Table samples_table(std::span<const decide::Summary> cell);
// What the runners say of themselves: version, device, threads, notes and details.
[[nodiscard]] Table runners_table(std::span<const decide::Summary> cell);
[[nodiscard]] std::string details_text(std::span<const decide::Summaries> cells);

// A cell with a heading, as text (`colour`: with terminal colours).
[[nodiscard]] std::string cell_text(std::span<const decide::Summary> cell, bool colour);
// Every cell with a heading, as text (`colour`: with terminal colours) or Markdown; or as one table with
// columns for model, size, workload and precision.
[[nodiscard]] std::string results_text(std::span<const decide::Summaries> cells, bool colour);
[[nodiscard]] std::string results_markdown(std::span<const decide::Summaries> cells);
[[nodiscard]] std::string results_csv(std::span<const decide::Summaries> cells);

}  // namespace assay::report
