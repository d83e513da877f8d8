#include "decide/derived.h"

#include <algorithm>
#include <vector>

#include "stats/quantile.h"

namespace assay::decide {
namespace {

std::optional<double> joules_per_step(const record::ContestantResult& entry) {
  std::vector<double> joules;
  for (const auto& visit : entry.visits)
    if (visit.surroundings.energy_j && !visit.samples_ns.empty())
      joules.push_back(*visit.surroundings.energy_j / static_cast<double>(visit.samples_ns.size()));
  if (joules.empty()) return std::nullopt;
  return stats::median(joules);
}

}  // namespace

Derived derived(const Summary& summary) {
  Derived result;
  result.joules_per_step = joules_per_step(*summary.result);
  const auto& limit = summary.result->limit;
  if (!limit || !summary.time_ms || summary.time_ms->median <= 0) return result;
  const double step_s = summary.time_ms->median * 1e-3;
  result.flop_per_s = limit->flops / step_s;
  result.items_per_s = static_cast<double>(limit->items) / step_s;
  return result;
}

std::optional<record::WarmStart> warm_start(const record::ContestantResult& entry) {
  if (entry.warm_starts.empty()) return std::nullopt;
  auto starts = entry.warm_starts;
  const auto middle = starts.begin() + static_cast<std::ptrdiff_t>((starts.size() - 1) / 2);
  std::ranges::nth_element(starts, middle, {}, &record::WarmStart::total_s);
  return *middle;
}

}  // namespace assay::decide
