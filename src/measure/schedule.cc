#include "measure/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/result.h"
#include "stats/inference.h"

namespace assay::measure {

std::vector<int> rounds_of_blocks(int rounds, int blocks) {
  std::vector<int> result;
  for (int block = 0; block < blocks; ++block) {
    const int share = rounds / blocks + (block < rounds % blocks ? 1 : 0);
    if (share > 0) result.push_back(share);
  }
  return result;
}

std::vector<size_t> shuffled(size_t count, stats::Random& random) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(std::span(order));
  return order;
}

std::vector<int> request_lengths(int steps, double step_ns, stats::Random& random) {
  ASSAY_CHECK(steps > 0);
  if (step_ns >= kSingleStepNs) return std::vector<int>(static_cast<size_t>(steps), 1);
  const double typical = std::clamp(kRequestNs / std::max(step_ns, 1.0), 1.0, static_cast<double>(steps));
  const auto longest = static_cast<uint64_t>(2 * typical);
  std::vector<int> lengths = {1};
  for (int left = steps - 1; left > 0; left -= lengths.back())
    lengths.push_back(
        static_cast<int>(std::min<uint64_t>(1 + random.below(longest), static_cast<uint64_t>(left))));
  random.shuffle(std::span(lengths));
  return lengths;
}

int blocks_within(double time_s, double launch_s, double round_s, int most) {
  constexpr double kLeastShareOfLaunches = 0.5;
  for (int blocks = most; blocks > 2; --blocks) {
    const double pairs = std::ceil(static_cast<double>(stats::kLeastPairs) / blocks);
    const double rounds_s = std::max(kLeastShareOfLaunches * launch_s, pairs * round_s);
    if (blocks * (launch_s + rounds_s) <= time_s) return blocks;
  }
  return std::min(2, most);
}

int steps_of_visit(double step_ns, double visit_s, int least, int most) {
  const double fit = std::floor(kLongVisitSeconds * 1e9 / std::max(step_ns, 1.0));
  least = static_cast<int>(std::clamp(fit, 1.0, static_cast<double>(least)));
  return static_cast<int>(std::clamp(std::round(visit_s * 1e9 / std::max(step_ns, 1.0)),
                                     static_cast<double>(least), static_cast<double>(std::max(least, most))));
}

std::vector<bool> slow_contestants(std::span<const std::optional<double>> step_s,
                                   std::optional<double> budget_s, int blocks) {
  std::vector<bool> slow(step_s.size(), false);
  if (!budget_s) return slow;
  double quickest = std::numeric_limits<double>::infinity();
  for (const auto& step : step_s) quickest = std::min(quickest, step.value_or(0));
  for (size_t who = 0; who < step_s.size(); ++who) {
    const double step = step_s[who].value_or(0);
    slow[who] = blocks * kLeastStepsOfABlock * step > *budget_s / 2 && step > kSlowFactor * quickest;
  }
  return slow;
}

std::vector<std::vector<size_t>> groups_in_memory(std::span<const std::optional<int64_t>> peaks,
                                                  int64_t limit_bytes) {
  const int64_t baseline = peaks.empty() ? 0 : peaks[0].value_or(0);
  std::vector<std::vector<size_t>> groups, alone;
  std::vector<int64_t> used;
  for (size_t who = 1; who < peaks.size(); ++who) {
    const int64_t needed = peaks[who].value_or(0);
    if (baseline + needed > limit_bytes) {
      alone.push_back({who});
      continue;
    }
    // First fit: into the first group with room.
    size_t group = 0;
    while (group < groups.size() && used[group] + needed > limit_bytes) ++group;
    if (group == groups.size()) {
      groups.push_back({0});
      used.push_back(baseline);
    }
    groups[group].push_back(who);
    used[group] += needed;
  }
  if (groups.empty() && !peaks.empty()) groups.push_back({0});
  groups.insert(groups.end(), alone.begin(), alone.end());
  return groups;
}

bool clocks_agree(std::span<const int64_t> samples_ns, int64_t batch_ns, double excused_share) {
  const auto sum = std::accumulate(samples_ns.begin(), samples_ns.end(), 0.0);
  const auto batch = static_cast<double>(batch_ns);
  const double tolerance = std::max(1e6, 0.01 * batch) + 1e3 * static_cast<double>(samples_ns.size());
  const double missing = batch - sum;
  return missing >= -tolerance && missing <= tolerance + excused_share * batch;
}

}  // namespace assay::measure
