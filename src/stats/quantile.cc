#include "stats/quantile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/result.h"

namespace assay::stats {

double quantile(std::span<const double> numbers, double q) {
  ASSAY_CHECK(!numbers.empty() && q >= 0 && q <= 1, "quantile {} of {} numbers", q, numbers.size());
  std::vector<double> sorted(numbers.begin(), numbers.end());
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(position);
  const double fraction = position - static_cast<double>(below);
  const auto at = sorted.begin() + below;
  std::nth_element(sorted.begin(), at, sorted.end());
  if (fraction == 0) return *at;
  const double above = *std::min_element(at + 1, sorted.end());
  return *at + fraction * (above - *at);
}

double median(std::span<const double> numbers) { return quantile(numbers, 0.5); }

double robust_deviation(std::span<const double> numbers) {
  const double centre = median(numbers);
  std::vector<double> distances(numbers.begin(), numbers.end());
  for (double& number : distances) number = std::abs(number - centre);
  return 1.4826 * median(distances);
}

std::optional<int64_t> least_samples(double percent) {
  struct Row {
    double percent;
    int64_t samples;
  };
  constexpr std::array<Row, 4> kTable = {{{50, 1}, {90, 64}, {95, 130}, {99, 662}}};
  for (const Row& row : kTable)
    if (percent <= row.percent) return row.samples;
  return std::nullopt;
}

std::optional<double> percentile(std::span<const double> numbers, double percent) {
  const auto needed = least_samples(percent);
  if (!needed || static_cast<int64_t>(numbers.size()) < *needed) return std::nullopt;
  return quantile(numbers, percent / 100);
}

}  // namespace assay::stats
