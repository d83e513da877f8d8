// From samples to what a reader sees: median time with its interval, and the ratio to the baseline. Pure;
// computed when a run is read, never stored.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "record/measurement.h"

namespace assay::decide {

// Fills what is derived from the visits in the entries of one cell, and raises limits that two frameworks
// were quicker than (decide/limit.h). Comparisons are within a class (decide/ranking.h). The baseline of a
// class is the entry that `baseline` means (decide/baseline.h) if it is of the class and counts; else the
// first that counts and took part in at least half as many rounds as any other of them. The headline time is
// the median of all samples; its interval and that of the ratio (paired within rounds) are NaN under 6 visits
// or pairs (docs/method.md). `target`: the half-width that measuring aimed for; absent: nothing is settled or
// not. What is in no ranking has a time at most.
void summarise(std::span<record::Entry> cell, std::optional<double> target, std::string_view baseline = {});

// The same for every cell of a run.
void summarise(record::Run& run, std::string_view baseline = {});

}  // namespace assay::decide
