#include "decide/limit.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace assay::decide {
namespace {

constexpr double kMillisecondsPerSecond = 1e3;

bool has_limit(const Summary& summary, double ms) {
  const auto& limit = summary.result->limit;
  return limit && measured_limit_ms(*limit) == ms;
}

bool right(const record::ContestantResult& result) {
  const auto verdict = result.accuracy.verdict;
  return !result.failure && verdict != record::Verdict::wrong && verdict != record::Verdict::unchecked;
}

struct Quick {
  std::string framework;
  double ms = 0;
};

// The best median of each framework that is right and quicker than a limit, among those that have it; the
// quickest first.
std::vector<Quick> quicker_frameworks(std::span<const Summary> cell, double limit_ms) {
  std::vector<Quick> result;
  for (const Summary& summary : cell) {
    if (!summary.time_ms || !has_limit(summary, limit_ms) || !right(*summary.result)) continue;
    const double ms = summary.time_ms->median;
    if (ms >= limit_ms) continue;
    const std::string& framework = summary.result->contestant.framework;
    const auto same = std::ranges::find(result, framework, &Quick::framework);
    if (same == result.end())
      result.push_back({framework, ms});
    else
      same->ms = std::min(same->ms, ms);
  }
  std::ranges::stable_sort(result, {}, &Quick::ms);
  return result;
}

void raise(std::span<Summary> cell, double limit_ms, const std::vector<Quick>& quicker) {
  if (quicker.size() < 2) return;
  for (Summary& summary : cell) {
    if (!has_limit(summary, limit_ms)) continue;
    summary.raised_limit_ms = quicker[1].ms;
    summary.raised_by = {quicker[0].framework, quicker[1].framework};
  }
}

void raise(record::Peak& known, const record::Peak& again) {
  for (const auto& product : again.products) {
    const auto same = std::ranges::find(known.products, product.library, &record::Product::library);
    if (same != known.products.end() && product.flop_per_s > same->flop_per_s) *same = product;
  }
  if (!again.flop_per_s || *again.flop_per_s <= known.flop_per_s.value_or(0)) return;
  known.flop_per_s = again.flop_per_s;
  known.source = again.source;
}

void raise(record::Bandwidth& known, const record::Bandwidth& again) {
  for (const auto& reading : again.readings)
    for (auto& same : known.readings)
      if (same.kernel == reading.kernel && same.threads == reading.threads)
        same.bytes_per_s = std::max(same.bytes_per_s, reading.bytes_per_s);
  known.bytes_per_s = std::max(known.bytes_per_s, again.bytes_per_s);
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

std::optional<double> measured_limit_ms(const record::StepLimit& limit) {
  if (!limit.compute_ms || !limit.memory_ms) return std::nullopt;
  return std::max(*limit.compute_ms, *limit.memory_ms);
}

std::optional<double> measured_limit_ms(const Summary& summary) {
  const auto& limit = summary.result->limit;
  return limit ? measured_limit_ms(*limit) : std::nullopt;
}

std::optional<double> limit_ms(const Summary& summary) {
  return summary.raised_limit_ms ? summary.raised_limit_ms : measured_limit_ms(summary);
}

std::optional<double> share_of_limit(const Summary& summary) {
  const auto limit = limit_ms(summary);
  if (!limit || !summary.time_ms || summary.time_ms->median <= 0) return std::nullopt;
  return *limit / summary.time_ms->median;
}

bool beyond_measured_limit(const Summary& summary) {
  const auto limit = measured_limit_ms(summary);
  return limit && summary.time_ms && summary.time_ms->median < *limit;
}

void raise_by_frameworks(std::span<Summary> cell) {
  std::vector<double> limits;
  for (const Summary& summary : cell)
    if (const auto ms = measured_limit_ms(summary); ms && std::ranges::count(limits, *ms) == 0)
      limits.push_back(*ms);
  for (const double ms : limits) raise(cell, ms, quicker_frameworks(cell, ms));
}

std::string source_of_limit(const Summary& summary) {
  if (!summary.raised_by.empty()) return fmt::format("raised by {}", fmt::join(summary.raised_by, " and "));
  return measured_limit_ms(summary) ? "measured" : "";
}

record::Limits raised(record::Limits known, const record::Limits& again) {
  for (auto& peak : known.peaks) {
    const auto other = std::ranges::find(again.peaks, peak.precision, &record::Peak::precision);
    if (other != again.peaks.end()) raise(peak, *other);
  }
  for (auto& point : known.bandwidth) {
    const auto other = std::ranges::find(again.bandwidth, point.bytes, &record::Bandwidth::bytes);
    if (other != again.bandwidth.end()) raise(point, *other);
    for (auto& level : known.levels)
      if (level.read_bytes == point.bytes) level.bytes_per_s = std::max(level.bytes_per_s, point.bytes_per_s);
  }
  return known;
}

record::Limits higher_of(record::Limits known, const record::Limits& again) {
  known = raised(std::move(known), again);
  known.measured = again.measured;
  known.disturbed = known.disturbed && again.disturbed;
  return known;
}

std::vector<record::Bandwidth> points_of_limit(const record::Limits& limits, double bytes) {
  std::vector<record::Bandwidth> result;
  const auto rate = bandwidth(limits, bytes);
  for (const auto& point : limits.bandwidth) {
    if (point.bytes_per_s != rate) continue;
    result.push_back(point);
    break;
  }
  if (!limits.bandwidth.empty() && limits.bandwidth.back().bytes != result.front().bytes)
    result.push_back(limits.bandwidth.back());
  return result;
}

}  // namespace assay::decide
