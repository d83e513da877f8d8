// How a time compares with what the machine can do: the limit of a step, the share of it that was reached,
// and times that cannot be. Pure; docs/method.md says why.
#pragma once

#include <optional>
#include <string_view>

#include "record/measurement.h"

namespace assay::decide {

// A time of less than limit / kImpossible cannot be: so far may another's kernels be ahead of those that
// measured the machine.
inline constexpr double kImpossible = 1.3;

// `work` with compute_ms and memory_ms as the machine's limits give them for the compute type. Each stays
// absent when the machine's figure is not known.
[[nodiscard]] record::StepLimit with_limits(record::StepLimit work, const record::Limits& limits,
                                            std::string_view compute_type);

// Rate at which a working set of so many bytes can be read at most: that of the next smaller one that was
// measured, or of a larger one that turned out faster. Absent when nothing was measured.
[[nodiscard]] std::optional<double> bandwidth(const record::Limits& limits, double bytes);

// The least time of a step: the longer of compute_ms and memory_ms. Absent unless both are known.
[[nodiscard]] std::optional<double> limit_ms(const record::StepLimit& limit);

// limit_ms / median time; absent without one of them.
[[nodiscard]] std::optional<double> share_of_limit(const record::Entry& entry);

// Whether a step cannot take so little time on the machine, by whichever part of its limit is known.
[[nodiscard]] bool impossible(double time_ms, const record::StepLimit& limit);

// Two measurements of one machine as one: the higher of each figure, those of `known` that `again` has too.
// One undisturbed measurement is enough.
[[nodiscard]] record::Limits higher_of(record::Limits known, const record::Limits& again);

// Makes the verdict of an entry whose median is impossible `wrong`, with the reason.
void condemn_impossible(record::Entry& entry);

}  // namespace assay::decide
