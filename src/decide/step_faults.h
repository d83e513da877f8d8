// What the visits of a contestant show that the gate cannot see in its answers: steps that were not made, and
// work that was done before the clock. docs/method.md has the reasons; each rule needs several visits, since
// a disturbance hits one.
#pragma once

#include <span>
#include <string>

#include "record/measurement.h"

namespace assay::decide {

// A step of a request for several takes less than this share of one that comes alone, and so much less at
// least: not all of them were made. Looked at in requests for at least so many steps.
inline constexpr double kSkippedShare = 0.5;
inline constexpr double kSkippedNs = 0.5e6;
inline constexpr int kSeveralSteps = 4;
// Which of the single steps it is compared with: so large a share of them is quicker.
inline constexpr double kQuickestAlone = 0.1;

// Handing over inputs took more work than this share of the steps themselves, in half of the visits.
inline constexpr double kAheadShare = 0.5;

// Visits that a rule looks at, at least.
inline constexpr size_t kLeastVisits = 4;

// The reason; empty when nothing is wrong.
[[nodiscard]] std::string step_fault(std::span<const record::Visit> visits);

}  // namespace assay::decide
