#include "decide/summary.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "decide/limit.h"
#include "stats/compare.h"

namespace assay::decide {
namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;

std::vector<stats::VisitSamples> samples_ms(const record::Entry& entry) {
  std::vector<stats::VisitSamples> visits;
  for (const auto& visit : entry.visits) {
    stats::VisitSamples samples{visit.block, visit.round, {}};
    for (const int64_t ns : visit.samples_ns)
      samples.samples.push_back(static_cast<double>(ns) / kNanosecondsPerMillisecond);
    if (!samples.samples.empty()) visits.push_back(std::move(samples));
  }
  return visits;
}

record::Interval interval(const stats::Estimate& estimate) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  if (!estimate.interval) return {estimate.median, kUnknown, kUnknown};
  return {estimate.median, estimate.interval->low, estimate.interval->high};
}

void summarise_time(record::Entry& entry, const std::vector<stats::VisitSamples>& visits, uint64_t seed) {
  entry.samples = 0;
  for (const auto& visit : visits) entry.samples += static_cast<int64_t>(visit.samples.size());
  entry.rounds = static_cast<int>(visits.size());
  if (const auto time = stats::time_of(visits, seed)) entry.time_ms = interval(*time);
}

bool same_cell(const record::Cell& a, const record::Cell& b) {
  return a.model == b.model && a.size == b.size && a.workload == b.workload && a.precision == b.precision;
}

}  // namespace

bool counts(const record::Entry& entry) {
  return entry.time_ms && entry.accuracy.verdict != record::Verdict::wrong;
}

void summarise(std::span<record::Entry> cell, uint64_t seed) {
  std::vector<std::vector<stats::VisitSamples>> visits;
  for (auto& entry : cell) {
    visits.push_back(samples_ms(entry));
    summarise_time(entry, visits.back(), seed);
    condemn_impossible(entry);
  }
  const auto baseline = std::ranges::find_if(cell, counts);
  if (baseline == cell.end()) return;
  const auto base = static_cast<size_t>(baseline - cell.begin());
  for (size_t i = 0; i < cell.size(); ++i) {
    if (!cell[i].time_ms) continue;
    cell[i].ratio_to = baseline->contestant.name();
    if (const auto ratio = stats::ratio_of(visits[i], visits[base], seed)) cell[i].ratio = interval(*ratio);
  }
}

void summarise(record::Run& run) {
  const std::span<record::Entry> all(run.entries);
  for (size_t first = 0; first < all.size();) {
    size_t end = first + 1;
    while (end < all.size() && same_cell(all[first].cell, all[end].cell)) ++end;
    summarise(all.subspan(first, end - first), run.seed);
    first = end;
  }
}

std::vector<size_t> ranking(std::span<const record::Entry> cell) {
  std::vector<size_t> order(cell.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto key = [&](size_t i) {
    return counts(cell[i]) ? cell[i].time_ms->median : std::numeric_limits<double>::infinity();
  };
  std::ranges::stable_sort(order, {}, key);
  return order;
}

}  // namespace assay::decide
