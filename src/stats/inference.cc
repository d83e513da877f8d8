#include "stats/inference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stats/bootstrap.h"
#include "stats/quantile.h"
#include "stats/student.h"

namespace assay::stats {
namespace {

double mean(std::span<const double> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

double squares_around_mean(std::span<const double> numbers) {
  const double centre = mean(numbers);
  double sum = 0;
  for (const double number : numbers) sum += (number - centre) * (number - centre);
  return sum;
}

double pooled_deviation(std::span<const std::vector<double>> blocks) {
  double squares = 0, freedom = 0;
  for (const auto& block : blocks) {
    squares += squares_around_mean(block);
    freedom += static_cast<double>(block.size()) - 1;
  }
  return freedom > 0 ? std::sqrt(squares / freedom) : 0;
}

// The share of resamples on the other side of 0, both sides counted; never 0, for there are only so many.
double bootstrap_p(std::span<const double> sorted) {
  const auto below = static_cast<double>(std::ranges::upper_bound(sorted, 0.0) - sorted.begin());
  const auto above = static_cast<double>(sorted.end() - std::ranges::lower_bound(sorted, 0.0));
  return std::min(1.0, 2 * (std::min(below, above) + 1) / (static_cast<double>(sorted.size()) + 1));
}

Bounds wider(const Bounds& a, const Bounds& b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

}  // namespace

std::optional<Inference> infer(std::span<const std::vector<double>> blocks, uint64_t seed, int resamples) {
  std::vector<std::vector<double>> filled;
  std::vector<double> medians;
  size_t all = 0;
  for (const auto& block : blocks) {
    if (block.empty()) continue;
    filled.push_back(block);
    all += block.size();
    medians.push_back(median(block));
  }
  if (all < kLeastPairs || filled.size() < kLeastBlocks) return std::nullopt;
  const auto count = static_cast<double>(filled.size());
  Inference result;
  result.between = std::sqrt(squares_around_mean(medians) / (count - 1));
  result.within = pooled_deviation(filled);

  const double tail = (1 - kConfidence) / 2, middle = mean(medians);
  const auto resampled = resampled_medians(filled, seed, resamples);
  const Bounds percentiles = {quantile(resampled, tail), quantile(resampled, 1 - tail)};
  const double error = kStoppingCharge * result.between / std::sqrt(count);
  const double reach = student_t(kConfidence, count - 1) * error;
  result.interval = wider(percentiles, {middle - reach, middle + reach});
  const double by_t = error > 0 ? student_p(middle / error, count - 1) : (middle == 0 ? 1 : 0);
  result.p = std::max(by_t, bootstrap_p(resampled));
  return result;
}

}  // namespace assay::stats
