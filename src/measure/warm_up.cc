#include "measure/warm_up.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "stats/quantile.h"

namespace assay::measure {
namespace {

// Steps in the shortest window at the end of the series that is long enough; 0 when there is none.
size_t window_length(std::span<const int64_t> samples) {
  double total = 0;
  for (size_t length = 1; length <= samples.size(); ++length) {
    total += static_cast<double>(samples[samples.size() - length]);
    if (length >= kLeastWindowSteps && total >= kLeastWindowNs) return length;
    if (length >= kLeastSlowSteps && total >= kSlowWindowNs) return length;
  }
  return 0;
}

// Standard error of the median of `count` numbers that scatter by `deviation` (normal approximation).
double median_error(double deviation, size_t count) {
  return 1.2533 * deviation / std::sqrt(static_cast<double>(count));
}

}  // namespace

bool steady(std::span<const int64_t> samples_ns) {
  const size_t length = window_length(samples_ns);
  if (length == 0 || samples_ns.size() < 2 * length) return false;
  const std::vector<double> window(samples_ns.end() - static_cast<std::ptrdiff_t>(2 * length),
                                   samples_ns.end());
  const auto older = std::span(window).first(length), newer = std::span(window).last(length);
  const double apart = std::abs(stats::median(newer) - stats::median(older));
  // The calmer window tells the scatter: a change within a window would pass for scatter there.
  const double deviation = std::min(stats::robust_deviation(older), stats::robust_deviation(newer));
  const double scatter = std::numbers::sqrt2 * median_error(deviation, length);
  return apart <= std::max(kSteadyTolerance * stats::median(newer), kSteadyScatter * scatter);
}

int next_warm_up_steps(std::span<const int64_t> samples_ns, int most) {
  if (samples_ns.empty()) return 1;
  const auto newest = samples_ns.last(std::min<size_t>(samples_ns.size(), 5));
  const double typical = stats::median(std::vector<double>(newest.begin(), newest.end()));
  return static_cast<int>(
      std::clamp(kLeastWindowNs / 4 / std::max(typical, 1.0), 1.0, static_cast<double>(most)));
}

}  // namespace assay::measure
