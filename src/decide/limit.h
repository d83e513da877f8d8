// How a time compares with what the machine can do: the limit of a step, and the share of it that was
// reached. A limit is a measurement too: two frameworks that are right and quicker raise it. Pure;
// docs/method.md says why.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decide/summary.h"
#include "record/limits.h"

namespace assay::decide {

// `work` with compute_ms and memory_ms as the machine's limits give them for the compute type. Each stays
// absent when the machine's figure is not known.
[[nodiscard]] record::StepLimit with_limits(record::StepLimit work, const record::Limits& limits,
                                            std::string_view compute_type);

// Rate at which a working set of so many bytes can be read at most: that of the next smaller one that was
// measured, or of a larger one that turned out faster. Absent when nothing was measured.
[[nodiscard]] std::optional<double> bandwidth(const record::Limits& limits, double bytes);

// The working set whose rate bandwidth() gives for so many bytes, and the largest one: those to look at again
// when the limit of a step with so many bytes is in question.
[[nodiscard]] std::vector<record::Bandwidth> points_of_limit(const record::Limits& limits, double bytes);

// The least time of a step by the machine's figures: the longer of compute_ms and memory_ms. Absent unless
// both are known.
[[nodiscard]] std::optional<double> measured_limit_ms(const record::StepLimit& limit);

[[nodiscard]] std::optional<double> measured_limit_ms(const Summary& summary);

// The same, or what it was raised to.
[[nodiscard]] std::optional<double> limit_ms(const Summary& summary);

// limit_ms / median time; absent without one of them.
[[nodiscard]] std::optional<double> share_of_limit(const Summary& summary);

// Whether the contestant was quicker than the machine's figures allow. That is no verdict.
[[nodiscard]] bool beyond_measured_limit(const Summary& summary);

// Raises the limits in a cell's summaries: of those that have the same limit, to the time of the second
// quickest framework when two frameworks whose answers are right were quicker than what was measured.
// Variants of one framework are no two.
void raise_by_frameworks(std::span<Summary> cell);

// "raised by sample and other", "measured"; empty without a limit.
[[nodiscard]] std::string source_of_limit(const Summary& summary);

// What is known, with the higher of each figure that `again` has too: it may be a short look at a few.
[[nodiscard]] record::Limits raised(record::Limits known, const record::Limits& again);

// Two whole measurements of one machine as one: the same, and one undisturbed measurement is enough.
[[nodiscard]] record::Limits higher_of(record::Limits known, const record::Limits& again);

}  // namespace assay::decide
