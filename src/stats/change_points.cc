#include "stats/change_points.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace assay::stats {
namespace {

constexpr double kWithin95 = 1.959964;  // standard deviations

struct Level {
  double mean = 0, variance = 0;
};

Level level_of(std::span<const Point> stretch) {
  double weights = 0, sum = 0;
  for (const auto& [value, variance] : stretch) {
    weights += 1 / variance;
    sum += value / variance;
  }
  return {sum / weights, 1 / weights};
}

// How many standard deviations apart the two sides of a split are.
double distance(std::span<const Point> series, size_t split) {
  const Level left = level_of(series.first(split)), right = level_of(series.subspan(split));
  return std::abs(right.mean - left.mean) / std::sqrt(left.variance + right.variance);
}

std::optional<size_t> best_split(std::span<const Point> series, double false_alarms) {
  if (series.size() < 2) return std::nullopt;
  size_t best = 1;
  double furthest = 0;
  for (size_t split = 1; split < series.size(); ++split) {
    const double apart = distance(series, split);
    if (apart > furthest) {
      furthest = apart;
      best = split;
    }
  }
  const double p = std::erfc(furthest / std::numbers::sqrt2) * static_cast<double>(series.size() - 1);
  return p < false_alarms ? std::optional(best) : std::nullopt;
}

void split(std::span<const Point> series, size_t offset, double false_alarms, std::vector<size_t>& splits) {
  const auto at = best_split(series, false_alarms);
  if (!at) return;
  split(series.first(*at), offset, false_alarms, splits);
  splits.push_back(offset + *at);
  split(series.subspan(*at), offset + *at, false_alarms, splits);
}

}  // namespace

std::vector<ChangePoint> change_points(std::span<const Point> series, double false_alarms) {
  std::vector<size_t> splits;
  split(series, 0, false_alarms, splits);
  std::vector<ChangePoint> found;
  for (size_t i = 0; i < splits.size(); ++i) {
    const size_t begin = i == 0 ? 0 : splits[i - 1],
                 end = i + 1 < splits.size() ? splits[i + 1] : series.size();
    const Level before = level_of(series.subspan(begin, splits[i] - begin)),
                after = level_of(series.subspan(splits[i], end - splits[i]));
    const double step = after.mean - before.mean,
                 reach = kWithin95 * std::sqrt(before.variance + after.variance);
    found.push_back({splits[i], step, {step - reach, step + reach}});
  }
  return found;
}

}  // namespace assay::stats
