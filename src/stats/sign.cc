#include "stats/sign.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/result.h"

namespace assay::stats {
namespace {

// P(at most k heads among n coins).
double heads_at_most(size_t k, size_t n) {
  const auto coins = static_cast<double>(n);
  double sum = 0;
  for (size_t i = 0; i <= k && i <= n; ++i) {
    const auto heads = static_cast<double>(i);
    sum += std::exp(std::lgamma(coins + 1) - std::lgamma(heads + 1) - std::lgamma(coins - heads + 1) -
                    coins * std::numbers::ln2);
  }
  return std::min(1.0, sum);
}

}  // namespace

Bounds sign_interval(std::span<const double> numbers, double confidence) {
  ASSAY_CHECK(!numbers.empty(), "interval of nothing");
  std::vector<double> sorted(numbers.begin(), numbers.end());
  std::ranges::sort(sorted);
  const double tail = (1 - confidence) / 2;
  size_t outside = 0;  // so many lie below the interval, and above it
  while (2 * (outside + 1) < sorted.size() && heads_at_most(outside + 1, sorted.size()) <= tail) ++outside;
  return {sorted[outside], sorted[sorted.size() - 1 - outside]};
}

}  // namespace assay::stats
