#include "measure/stopping_rule.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "record/disturbance.h"
#include "record/step_times.h"

namespace assay::measure {
namespace {

constexpr double kMostBlocks = 1e6;  // of a guess: a wide interval and a narrow target lead anywhere

}  // namespace

StoppingRule::StoppingRule(size_t contestants, double target)
    : target_(target), visits_(contestants), out_(contestants, false) {}

void StoppingRule::add(size_t who, const record::Visit& visit) {
  visits_[who].push_back(
      {visit.block, visit.round, record::step_times_ns(visit), record::disturbed(visit.surroundings)});
}

std::optional<double> StoppingRule::half_width(size_t who, size_t baseline) const {
  std::optional<stats::Estimate> estimate;
  if (who != baseline) estimate = stats::ratio_of(visits_[who], visits_[baseline]);
  if (!estimate) estimate = stats::time_of(visits_[who]);
  return estimate ? stats::half_width(*estimate) : std::nullopt;
}

bool StoppingRule::is_far_behind(size_t who, size_t baseline) const {
  if (who == baseline) return false;
  const auto ratio = stats::ratio_of(visits_[who], visits_[baseline]);
  return ratio && ratio->count >= stats::kLeastFarPairs && ratio->blocks >= stats::kLeastBlocks &&
         ratio->least >= kFarBehind;
}

bool StoppingRule::reached_target(size_t who, size_t baseline) const {
  if (out_[who] || is_far_behind(who, baseline)) return true;
  const auto width = half_width(who, baseline);
  return width && *width <= aim();
}

std::vector<size_t> StoppingRule::short_of_target(std::span<const size_t> members, size_t baseline) const {
  std::vector<size_t> result;
  const bool alone = std::ranges::none_of(members, [&](size_t who) { return who != baseline && !out_[who]; });
  for (const size_t who : members)
    if ((who != baseline || alone) && !reached_target(who, baseline)) result.push_back(who);
  const bool has_baseline = std::ranges::find(members, baseline) != members.end() && !out_[baseline];
  if (!result.empty() && has_baseline && !alone) result.insert(result.begin(), baseline);
  return result;
}

int StoppingRule::blocks(size_t who) const {
  std::set<int> blocks;
  for (const auto& visit : visits_[who]) blocks.insert(visit.block);
  return static_cast<int>(blocks.size());
}

std::optional<int> StoppingRule::blocks_needed(size_t who, size_t baseline) const {
  const auto width = half_width(who, baseline);
  if (!width) return std::nullopt;
  const double growth = *width / aim();
  const double needed = std::ceil(blocks(who) * std::max(1.0, growth * growth));
  return static_cast<int>(std::min(needed, kMostBlocks));
}

}  // namespace assay::measure
