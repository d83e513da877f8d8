#include "stats/compare.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "stats/quantile.h"

namespace assay::stats {
namespace {

// A number that a median is taken of, and where it comes from.
struct Part {
  int block;
  double value;
  bool disturbed;
};

// Leaves out the disturbed parts when enough others remain; tells how many were disturbed.
size_t leave_out_disturbed(std::vector<Part>& parts) {
  const auto disturbed = static_cast<size_t>(std::ranges::count_if(parts, &Part::disturbed));
  const size_t calm = parts.size() - disturbed;
  if (calm >= kLeastPairs &&
      static_cast<double>(calm) >= kLeastUndisturbed * static_cast<double>(parts.size()))
    std::erase_if(parts, [](const Part& part) { return part.disturbed; });
  return disturbed;
}

// Estimate and interval of the parts, which are logarithms; no part is left out here. Where there is no
// interval the estimate is the median of all.
Estimate estimate_of(const std::vector<Part>& parts) {
  std::vector<double> all;
  std::map<int, std::vector<double>> by_block;
  for (const Part& part : parts) {
    all.push_back(part.value);
    by_block[part.block].push_back(part.value);
  }
  std::vector<std::vector<double>> blocks;
  for (auto& [block, numbers] : by_block) blocks.push_back(std::move(numbers));
  const auto [least, most] = std::ranges::minmax(all);
  Estimate estimate{.median = std::exp(median(all)),
                    .count = parts.size(),
                    .blocks = blocks.size(),
                    .least = std::exp(least),
                    .most = std::exp(most)};
  const auto inference = infer(blocks);
  if (!inference) return estimate;
  estimate.median = std::exp(inference->centre);
  estimate.interval = Bounds{std::exp(inference->interval.low), std::exp(inference->interval.high)};
  estimate.between = inference->between;
  estimate.within = inference->within;
  return estimate;
}

using Moment = std::pair<int, int>;  // block and round

std::map<Moment, const VisitSamples*> by_moment(std::span<const VisitSamples> visits) {
  std::map<Moment, const VisitSamples*> result;
  for (const auto& visit : visits)
    if (!visit.samples.empty()) result[{visit.block, visit.round}] = &visit;
  return result;
}

}  // namespace

double compared_time(const VisitSamples& visit) { return quantile(visit.samples, kComparedQuantile); }

std::optional<Estimate> time_of(std::span<const VisitSamples> visits) {
  std::vector<Part> parts;
  for (const auto& visit : visits)
    if (!visit.samples.empty() && median(visit.samples) > 0)
      parts.push_back({visit.block, std::log(median(visit.samples)), visit.disturbed});
  if (parts.empty()) return std::nullopt;
  const size_t disturbed = leave_out_disturbed(parts);
  const bool all_count = std::ranges::any_of(parts, &Part::disturbed);
  std::vector<double> samples;
  for (const auto& visit : visits)
    if (all_count || !visit.disturbed)
      samples.insert(samples.end(), visit.samples.begin(), visit.samples.end());
  Estimate estimate = estimate_of(parts);
  const double shift = median(samples) / std::exchange(estimate.median, median(samples));
  if (estimate.interval)
    estimate.interval = Bounds{estimate.interval->low * shift, estimate.interval->high * shift};
  estimate.disturbed = disturbed;
  return estimate;
}

std::optional<Estimate> ratio_of(std::span<const VisitSamples> contestant,
                                 std::span<const VisitSamples> baseline) {
  const auto theirs = by_moment(baseline);
  std::vector<Part> parts;
  for (const auto& [when, visit] : by_moment(contestant)) {
    const auto match = theirs.find(when);
    if (match == theirs.end()) continue;
    const double our_time = compared_time(*visit), their_time = compared_time(*match->second);
    if (our_time <= 0 || their_time <= 0) continue;
    parts.push_back(
        {when.first, std::log(our_time / their_time), visit->disturbed || match->second->disturbed});
  }
  if (parts.empty()) return std::nullopt;
  const size_t disturbed = leave_out_disturbed(parts);
  Estimate estimate = estimate_of(parts);
  estimate.disturbed = disturbed;
  return estimate;
}

Estimate inverse(const Estimate& ratio) {
  Estimate result = ratio;
  result.median = 1 / ratio.median;
  if (ratio.interval) result.interval = Bounds{1 / ratio.interval->high, 1 / ratio.interval->low};
  result.least = 1 / ratio.most;
  result.most = 1 / ratio.least;
  return result;
}

std::optional<double> half_width(const Estimate& estimate) {
  if (!estimate.interval || estimate.median <= 0) return std::nullopt;
  return (estimate.interval->high - estimate.interval->low) / (2 * estimate.median);
}

std::string_view name(Comparison comparison) {
  switch (comparison) {
    case Comparison::too_few_rounds:
      return "none";
    case Comparison::not_told_apart:
      return "undecided";
    case Comparison::equal:
      return "equal";
    case Comparison::faster:
      return "faster";
    case Comparison::slower:
      return "slower";
  }
  return "none";
}

Comparison verdict(const Estimate& ratio, double margin) {
  if (ratio.interval) {
    if (ratio.interval->high < 1) return Comparison::faster;
    if (ratio.interval->low > 1) return Comparison::slower;
    const bool within = ratio.interval->low >= 1 / (1 + margin) && ratio.interval->high <= 1 + margin;
    return within ? Comparison::equal : Comparison::not_told_apart;
  }
  if (ratio.count == 0) return Comparison::too_few_rounds;
  const double far = ratio.count >= kLeastFarPairs && ratio.blocks >= kLeastBlocks ? kFar : kFarAlone;
  if (ratio.most <= 1 / far) return Comparison::faster;
  return ratio.least >= far ? Comparison::slower : Comparison::too_few_rounds;
}

}  // namespace assay::stats
