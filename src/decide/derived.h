// Figures that follow from a step's time: rates, energy, and the usual warm start. Pure.
#pragma once

#include <optional>

#include "decide/summary.h"

namespace assay::decide {

// Rates at the median time. FLOPs are those of the products as the graph has them, whatever arithmetic was
// used.
struct Derived {
  std::optional<double> flop_per_s;
  std::optional<double> items_per_s;  // tokens, images: StepLimit::item
  // Of the processor packages over a step, everything that ran beside it included: the median of the visits.
  // Absent where there is no counter.
  std::optional<double> joules_per_step;
};

[[nodiscard]] Derived derived(const Summary& summary);

// The warm start of median total; absent when there was none.
[[nodiscard]] std::optional<record::WarmStart> warm_start(const record::ContestantResult& entry);

}  // namespace assay::decide
