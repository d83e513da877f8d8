// Quantiles of samples, and how many samples one needs before a high one means anything.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace assay::stats {

// The q-quantile, 0 <= q <= 1, of at least one number, interpolated linearly between order statistics
// (definition 7 of Hyndman and Fan, The American Statistician 50, 1996). The order of the numbers does not
// matter.
[[nodiscard]] double quantile(std::span<const double> numbers, double q);
[[nodiscard]] double median(std::span<const double> numbers);

// Median of the distances to the median, times 1.4826: the standard deviation where the numbers are normal,
// and deaf to outliers.
[[nodiscard]] double robust_deviation(std::span<const double> numbers);

// Samples that a percentile needs before it is told (MLPerf's minimum at 99 % confidence): 1 up to 50, 64 up
// to 90, 130 up to 95, 662 up to 99; absent above.
[[nodiscard]] std::optional<int64_t> least_samples(double percent);
// The percentile, or nothing when there are too few samples for it.
[[nodiscard]] std::optional<double> percentile(std::span<const double> numbers, double percent);

}  // namespace assay::stats
