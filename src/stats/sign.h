// The sign test of the median and the interval that it implies: nothing is assumed of the numbers but that
// they are independent (Conover, Practical Nonparametric Statistics, 3rd edition 1999, 3.2 and 3.4).
#pragma once

#include <span>

#include "stats/bounds.h"

namespace assay::stats {

// Between which of the numbers their median lies with at least this confidence. Of too few numbers (under six
// for 95 %) it is the lowest and the highest, with less confidence. Throws on an empty span.
[[nodiscard]] Bounds sign_interval(std::span<const double> numbers, double confidence);

}  // namespace assay::stats
