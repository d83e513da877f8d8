#include "stats/unpaired.h"

#include <algorithm>
#include <cmath>

#include "stats/inference.h"

namespace assay::stats {
namespace {

// 95 % of a normal distribution lie within so many standard deviations.
constexpr double kNormal95 = 1.959964;

// From where to where a figure lies: its interval, or where there is none all that it is of.
Bounds range_of(const Estimate& one) { return one.interval.value_or(Bounds{one.least, one.most}); }

std::optional<Bounds> interval_of(const Estimate& ours, const Estimate& theirs, double extra) {
  if (!ours.interval || !theirs.interval) return std::nullopt;
  const auto up = [](const Estimate& one) { return std::log(one.interval->high / one.median); };
  const auto down = [](const Estimate& one) { return std::log(one.median / one.interval->low); };
  const double centre = std::log(ours.median / theirs.median);
  return Bounds{
      std::exp(centre - std::sqrt(std::pow(down(ours), 2) + std::pow(up(theirs), 2) + extra * extra)),
      std::exp(centre + std::sqrt(std::pow(up(ours), 2) + std::pow(down(theirs), 2) + extra * extra))};
}

Estimate quotient(const Estimate& ours, const Estimate& theirs, double extra) {
  return {.median = ours.median / theirs.median,
          .interval = interval_of(ours, theirs, extra),
          .count = std::min(ours.count, theirs.count),
          .blocks = std::min(ours.blocks, theirs.blocks),
          .disturbed = ours.disturbed + theirs.disturbed,
          .least = range_of(ours).low / range_of(theirs).high,
          .most = range_of(ours).high / range_of(theirs).low,
          .between = std::hypot(ours.between, theirs.between),
          .within = std::hypot(ours.within, theirs.within)};
}

}  // namespace

Estimate ratio_by_control(const Estimate& ours, const Estimate& theirs) { return quotient(ours, theirs, 0); }

Estimate ratio_unpaired(const Estimate& our_time, const Estimate& their_time, double between_runs) {
  return quotient(our_time, their_time, kNormal95 * std::sqrt(2.0) * between_runs);
}

}  // namespace assay::stats
