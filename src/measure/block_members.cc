#include "measure/block_members.h"

#include <algorithm>
#include <climits>

#include "host/host.h"
#include "measure/schedule.h"

namespace assay::measure {
namespace {

constexpr double kShareOfMemory = 0.7;

int64_t memory_limit(const BlockPlan& plan) {
  if (plan.memory_limit_bytes) return *plan.memory_limit_bytes;
  const auto bytes = static_cast<double>(host::this_machine().memory_bytes.value_or(0));
  return bytes > 0 ? static_cast<int64_t>(kShareOfMemory * bytes) : INT64_MAX;
}

}  // namespace

BlockMembers::BlockMembers(std::span<const LaunchedContestant> contestants, const BlockPlan& plan)
    : contestants_(contestants),
      plan_(plan),
      stopping_rule_(contestants.size(), plan.target),
      out_(contestants.size(), false) {
  std::vector<std::optional<double>> step_s;
  for (size_t who = 0; who < contestants_.size(); ++who) {
    step_s.push_back(contestants_[who].step_s);
    if (contestants_[who].earlier == nullptr) continue;
    for (const auto& visit : *contestants_[who].earlier) stopping_rule_.add(who, visit);
  }
  slow_ = slow_contestants(step_s, plan.budget_s, plan.least_blocks);
  baseline_ = static_cast<size_t>(std::ranges::find(slow_, false) - slow_.begin());
}

std::vector<Group> BlockMembers::groups() const {
  Group order = {baseline_};
  std::vector<std::optional<int64_t>> peaks = {contestants_[baseline_].peak_bytes};
  for (size_t who = 0; who < contestants_.size(); ++who) {
    if (slow_[who] || who == baseline_) continue;
    order.push_back(who);
    peaks.push_back(contestants_[who].peak_bytes);
  }
  auto groups = groups_in_memory(peaks, memory_limit(plan_));
  for (auto& group : groups)
    for (size_t& member : group) member = order[member];
  return groups;
}

Group BlockMembers::group_of_slow(size_t who) const {
  const std::vector<std::optional<int64_t>> peaks = {contestants_[baseline_].peak_bytes,
                                                     contestants_[who].peak_bytes};
  const bool fits = groups_in_memory(peaks, memory_limit(plan_)).front().size() == 2;
  return fits && !out_[baseline_] ? Group{baseline_, who} : Group{who};
}

int BlockMembers::rounds_of(int turn) const {
  if (!plan_.rounds) return turn < plan_.most_blocks ? plan_.rounds_per_block : 0;
  const auto counted = rounds_of_blocks(*plan_.rounds, plan_.least_blocks);
  return static_cast<size_t>(turn) < counted.size() ? counted[static_cast<size_t>(turn)] : 0;
}

Group BlockMembers::wanted(const Group& group) const {
  Group present;
  int blocks = INT_MAX;
  for (const size_t who : group) {
    const bool rests = !plan_.rounds && stopping_rule_.is_far_behind(who, baseline_);
    if (out_[who] || rests) continue;
    present.push_back(who);
    blocks = std::min(blocks, stopping_rule_.blocks(who));
  }
  const bool enough = !plan_.rounds && blocks >= plan_.least_blocks;
  return enough ? stopping_rule_.short_of_target(group, baseline_) : present;
}

int BlockMembers::blocks_ahead(const std::vector<Group>& groups, int blocks_done) const {
  int ahead = 0;
  for (const Group& group : groups) {
    int needed = plan_.rounds ? static_cast<int>(rounds_of_blocks(*plan_.rounds, plan_.least_blocks).size())
                              : plan_.least_blocks;
    for (const size_t who : plan_.rounds ? Group{} : stopping_rule_.short_of_target(group, baseline_))
      if (who != baseline_ || group.size() == 1)
        needed = std::max(needed, stopping_rule_.blocks_needed(who, baseline_).value_or(0));
    ahead += std::max(0, std::min(needed, plan_.most_blocks) - blocks_done);
  }
  return ahead;
}

bool BlockMembers::all_reached_target() const {
  Group all;
  for (size_t who = 0; who < contestants_.size(); ++who) all.push_back(who);
  return stopping_rule_.short_of_target(all, baseline_).empty();
}

void BlockMembers::leave(size_t who) {
  out_[who] = true;
  stopping_rule_.drop(who);
  // When none is left it does not matter.
  for (size_t next = 0; next < contestants_.size() && out_[baseline_]; ++next)
    if (!out_[next] && !slow_[next]) baseline_ = next;
}

}  // namespace assay::measure
