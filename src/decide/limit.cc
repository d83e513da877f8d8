#include "decide/limit.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::decide {
namespace {

constexpr double kMillisecondsPerSecond = 1e3;

// The longest that is known; 0 for none.
double known_ms(const record::StepLimit& limit) {
  return std::max(limit.compute_ms.value_or(0), limit.memory_ms.value_or(0));
}

}  // namespace

std::optional<double> bandwidth(const record::Limits& limits, double bytes) {
  std::optional<double> best;
  for (const auto& point : limits.bandwidth) {
    const bool smaller = static_cast<double>(point.bytes) <= bytes;
    // Sizes rise: a smaller one that comes later replaces, what follows it can only raise.
    if (smaller || !best)
      best = point.bytes_per_s;
    else
      best = std::max(*best, point.bytes_per_s);
  }
  return best;
}

record::StepLimit with_limits(record::StepLimit work, const record::Limits& limits,
                              std::string_view compute_type) {
  const auto peak = limits.flop_per_s(compute_type);
  const auto rate = bandwidth(limits, work.least_bytes);
  if (peak && *peak > 0) work.compute_ms = work.least_flops / *peak * kMillisecondsPerSecond;
  if (rate && *rate > 0) work.memory_ms = work.least_bytes / *rate * kMillisecondsPerSecond;
  return work;
}

std::optional<double> limit_ms(const record::StepLimit& limit) {
  if (!limit.compute_ms || !limit.memory_ms) return std::nullopt;
  return known_ms(limit);
}

std::optional<double> share_of_limit(const record::Entry& entry) {
  const auto limit = entry.limit ? limit_ms(*entry.limit) : std::nullopt;
  if (!limit || !entry.time_ms || entry.time_ms->median <= 0) return std::nullopt;
  return *limit / entry.time_ms->median;
}

bool impossible(double time_ms, const record::StepLimit& limit) {
  return time_ms * kImpossible < known_ms(limit);
}

record::Limits higher_of(record::Limits known, const record::Limits& again) {
  for (auto& peak : known.peaks)
    if (const auto other = again.flop_per_s(peak.precision); other && *other > peak.flop_per_s.value_or(0))
      peak.flop_per_s = other;
  for (auto& level : known.levels) {
    const auto other = std::ranges::find(again.levels, level.name, &record::MemoryLevel::name);
    if (other != again.levels.end()) level.bytes_per_s = std::max(level.bytes_per_s, other->bytes_per_s);
  }
  for (auto& point : known.bandwidth) {
    const auto other = std::ranges::find(again.bandwidth, point.bytes, &record::Bandwidth::bytes);
    if (other != again.bandwidth.end()) point.bytes_per_s = std::max(point.bytes_per_s, other->bytes_per_s);
  }
  known.measured = again.measured;
  known.disturbed = known.disturbed && again.disturbed;
  return known;
}

void condemn_impossible(record::Entry& entry) {
  if (!entry.limit || !entry.time_ms || entry.accuracy.verdict == record::Verdict::wrong) return;
  const record::StepLimit& limit = *entry.limit;
  if (!impossible(entry.time_ms->median, limit)) return;
  const bool compute = limit.compute_ms.value_or(0) >= limit.memory_ms.value_or(0);
  entry.accuracy.verdict = record::Verdict::wrong;
  entry.accuracy.reason = fmt::format(
      "faster than this machine can be: {:.4g} ms a step, where {} alone takes at least {:.4g} ms",
      entry.time_ms->median, compute ? "the arithmetic" : "reading the data", known_ms(limit));
}

}  // namespace assay::decide
