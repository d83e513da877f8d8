#include "stats/compare.h"

#include <cmath>
#include <map>
#include <utility>

#include "stats/quantile.h"

namespace assay::stats {
namespace {

std::optional<Bounds> interval_of(const std::map<int, std::vector<double>>& by_block, size_t count,
                                  uint64_t seed) {
  if (count < kLeastPairs) return std::nullopt;
  std::vector<std::vector<double>> blocks;
  for (const auto& [block, numbers] : by_block) blocks.push_back(numbers);
  return bootstrap_median(blocks, seed);
}

std::map<std::pair<int, int>, double> compared_times(std::span<const VisitSamples> visits) {
  std::map<std::pair<int, int>, double> times;
  for (const auto& visit : visits)
    if (!visit.samples.empty()) times[{visit.block, visit.round}] = compared_time(visit);
  return times;
}

}  // namespace

double compared_time(const VisitSamples& visit) { return quantile(visit.samples, kComparedQuantile); }

std::optional<Estimate> time_of(std::span<const VisitSamples> visits, uint64_t seed) {
  std::vector<double> all;
  std::map<int, std::vector<double>> medians;
  size_t count = 0;
  for (const auto& visit : visits) {
    if (visit.samples.empty()) continue;
    all.insert(all.end(), visit.samples.begin(), visit.samples.end());
    medians[visit.block].push_back(median(visit.samples));
    ++count;
  }
  if (all.empty()) return std::nullopt;
  return Estimate{median(all), interval_of(medians, count, seed), count};
}

std::optional<Estimate> ratio_of(std::span<const VisitSamples> contestant,
                                 std::span<const VisitSamples> baseline, uint64_t seed) {
  const auto ours = compared_times(contestant);
  const auto theirs = compared_times(baseline);
  std::vector<double> logs;
  std::map<int, std::vector<double>> by_block;
  for (const auto& [when, time] : ours) {
    const auto match = theirs.find(when);
    if (match == theirs.end() || time <= 0 || match->second <= 0) continue;
    logs.push_back(std::log(time / match->second));
    by_block[when.first].push_back(logs.back());
  }
  if (logs.empty()) return std::nullopt;
  Estimate estimate{std::exp(median(logs)), interval_of(by_block, logs.size(), seed), logs.size()};
  if (estimate.interval)
    estimate.interval = Bounds{std::exp(estimate.interval->low), std::exp(estimate.interval->high)};
  return estimate;
}

Comparison verdict(const Estimate& ratio) {
  if (!ratio.interval) return Comparison::no_verdict;
  if (ratio.interval->high < 1) return Comparison::faster;
  if (ratio.interval->low > 1) return Comparison::slower;
  return Comparison::tie;
}

}  // namespace assay::stats
