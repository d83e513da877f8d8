// From samples to what a reader sees: median time with its interval, and the ratio to the baseline. Pure;
// computed when a run is read, never stored.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "record/measurement.h"

namespace assay::decide {

// Fills what is derived from the visits in the entries of one cell, and raises limits that two frameworks
// were quicker than (decide/limit.h). The baseline is the entry that `baseline` means (decide/baseline.h) if
// it was timed and is not wrong; else the first that is not wrong and took part in at least half as many
// rounds as any other. The headline time is the median of all samples; its interval and that of the ratio
// (paired within rounds) are NaN under 6 visits or pairs (docs/method.md). `target`: the half-width that
// measuring aimed for; absent: nothing is settled or not.
void summarise(std::span<record::Entry> cell, std::optional<double> target, std::string_view baseline = {});

// The same for every cell of a run.
void summarise(record::Run& run, std::string_view baseline = {});

// Position of each entry of a cell in the ranking: those with a time whose answers hold, by median, fastest
// first; then the rest in their order.
[[nodiscard]] std::vector<size_t> ranking(std::span<const record::Entry> cell);

// Whether the entry's time counts: measured, and not wrong.
[[nodiscard]] bool counts(const record::Entry& entry);

}  // namespace assay::decide
