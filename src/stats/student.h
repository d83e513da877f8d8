// Student's t distribution: what a mean of few numbers is worth.
#pragma once

namespace assay::stats {

// Probability that |T| >= |t| for T with `freedom` degrees of freedom, > 0: the two-sided p-value.
[[nodiscard]] double student_p(double t, double freedom);

// The t that |T| exceeds with probability 1 - `confidence`, 0 < confidence < 1: 2.776 for 0.95 and 4 degrees.
[[nodiscard]] double student_t(double confidence, double freedom);

}  // namespace assay::stats
