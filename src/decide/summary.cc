#include "decide/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numbers>
#include <set>
#include <vector>

#include "decide/baseline.h"
#include "decide/limit.h"
#include "decide/ranking.h"
#include "record/disturbance.h"
#include "record/step_times.h"
#include "stats/compare.h"
#include "stats/quantile.h"

namespace assay::decide {
namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;

using Visits = std::vector<stats::VisitSamples>;

Visits samples_ms(const record::Entry& entry) {
  Visits visits;
  for (const auto& visit : entry.visits) {
    stats::VisitSamples samples{visit.block, visit.round, record::step_times_ns(visit),
                                record::disturbed(visit.surroundings)};
    for (double& time : samples.samples) time /= kNanosecondsPerMillisecond;
    if (!samples.samples.empty()) visits.push_back(std::move(samples));
  }
  return visits;
}

std::vector<double> clocked_ms(const record::Entry& entry) {
  std::vector<double> samples;
  for (const auto& visit : entry.visits)
    for (const int64_t ns : visit.samples_ns)
      samples.push_back(static_cast<double>(ns) / kNanosecondsPerMillisecond);
  return samples;
}

record::Interval interval(const stats::Estimate& estimate) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  if (!estimate.interval) return {estimate.median, kUnknown, kUnknown};
  return {estimate.median, estimate.interval->low, estimate.interval->high};
}

record::Comparison comparison(const stats::Estimate& ratio) {
  switch (stats::verdict(ratio)) {
    case stats::Comparison::no_verdict:
      return record::Comparison::none;
    case stats::Comparison::tie:
      return record::Comparison::tie;
    case stats::Comparison::faster:
      return record::Comparison::faster;
    case stats::Comparison::slower:
      return record::Comparison::slower;
  }
  return record::Comparison::none;
}

// What made most of the width: that launches differ, or the rounds of one. The medians of blocks differ a
// little by their rounds alone: pi / 2 times the variance of a mean.
std::string cause_of_width(const stats::Estimate& estimate) {
  const double by_rounds = std::numbers::pi / 2 * estimate.within * estimate.within *
                           static_cast<double>(estimate.blocks) / static_cast<double>(estimate.count);
  if (estimate.between * estimate.between > 2 * by_rounds)
    return fmt::format("launches differ by {:.1f} %", 100 * estimate.between);
  return fmt::format("rounds differ by {:.1f} %", 100 * estimate.within);
}

std::string why_wide(const stats::Estimate& estimate, double target) {
  const auto width = stats::half_width(estimate);
  const std::string so_far = fmt::format("{} rounds in {} blocks", estimate.count, estimate.blocks);
  if (!width) return fmt::format("{} are too few for an interval", so_far);
  std::string text = fmt::format("+-{:.1f} % where +-{:.1f} % was wanted, after {}: {}", 100 * *width,
                                 100 * target, so_far, cause_of_width(estimate));
  if (estimate.disturbed > 0)
    text += fmt::format("; other processes disturbed {} rounds", estimate.disturbed);
  return text;
}

// Whether the figure that counts, the ratio or a lone contestant's time, is known as well as was wanted.
void settle(record::Entry& entry, const stats::Estimate& estimate, std::optional<double> target) {
  entry.half_width = stats::half_width(estimate);
  if (!target) return;
  entry.settled = entry.half_width && *entry.half_width <= *target;
  if (!*entry.settled) entry.why_wide = why_wide(estimate, *target);
}

void summarise_time(record::Entry& entry, const Visits& visits, const std::optional<stats::Estimate>& time) {
  std::set<int> blocks;
  std::vector<double> all;
  for (const auto& visit : visits) {
    blocks.insert(visit.block);
    all.insert(all.end(), visit.samples.begin(), visit.samples.end());
  }
  entry.samples = static_cast<int64_t>(all.size());
  entry.rounds = static_cast<int>(visits.size());
  entry.blocks = static_cast<int>(blocks.size());
  if (!time) return;
  entry.disturbed = static_cast<int>(time->disturbed);
  entry.time_ms = interval(*time);
  // The tail is that of single steps, as the runner clocked them: a clock that lies there gains nothing.
  const std::vector<double> each = clocked_ms(entry);
  entry.percentiles_ms = {stats::percentile(all, 50), stats::percentile(each, 90),
                          stats::percentile(each, 95), stats::percentile(each, 99)};
}

void summarise_ratio(record::Entry& entry, const stats::Estimate& ratio) {
  entry.ratio = interval(ratio);
  entry.pairs = static_cast<int>(ratio.count);
  entry.disturbed = static_cast<int>(ratio.disturbed);
  entry.comparison = comparison(ratio);
}

// The entries of one cell with their samples, and the members of one class of them.
struct Class {
  std::span<record::Entry> cell;
  const std::vector<Visits>& visits;
  const std::vector<std::optional<stats::Estimate>>& times;
  std::vector<size_t> members;  // by median, fastest first
};

// Who was asked for; else the first that the others can be paired with: a slow one takes part in few rounds.
size_t baseline_of(const Class& one, std::string_view asked) {
  std::vector<size_t> given = one.members;
  std::ranges::sort(given);
  int most = 0;
  for (const size_t i : given) {
    if (!asked.empty() && means(asked, one.cell[i].contestant)) return i;
    most = std::max(most, one.cell[i].rounds);
  }
  return *std::ranges::find_if(given, [&](size_t i) { return 2 * one.cell[i].rounds >= most; });
}

// The leader by median is the fastest when it is faster than every other, with Holm's correction for so many
// comparisons. Who is not told apart from it, for want of rounds too, may be as well.
void find_fastest(const Class& one) {
  const size_t leader = one.members.front();
  const std::span<const size_t> others = std::span(one.members).subspan(1);
  std::vector<double> p;
  for (const size_t i : others) {
    const auto ratio = stats::ratio_of(one.visits[leader], one.visits[i]);
    p.push_back(ratio && stats::verdict(*ratio) == stats::Comparison::faster ? ratio->p : 1);
  }
  const auto slower = stats::rejected(p);
  for (size_t i = 0; i < others.size(); ++i) one.cell[others[i]].may_be_fastest = !slower[i];
  one.cell[leader].fastest = !p.empty() && std::ranges::all_of(slower, std::identity());
  one.cell[leader].may_be_fastest = !p.empty() && !one.cell[leader].fastest;
}

void compare(const Class& one, std::optional<double> target, std::string_view asked) {
  const size_t baseline = baseline_of(one, asked);
  for (const size_t i : one.members) {
    record::Entry& entry = one.cell[i];
    entry.ratio_to = one.cell[baseline].contestant.name();
    const auto ratio = stats::ratio_of(one.visits[i], one.visits[baseline]);
    if (ratio) summarise_ratio(entry, *ratio);
    if (i == baseline) continue;
    if (const auto& known = ratio ? ratio : one.times[i]) settle(entry, *known, target);
  }
  // With nobody to compare it with, its own time is what was wanted.
  const bool alone = one.members.size() == 1;
  if (const auto& time = one.times[baseline]; time && alone) settle(one.cell[baseline], *time, target);
  find_fastest(one);
}

// Nothing of an earlier summary, with another baseline perhaps, stays.
void forget_comparisons(record::Entry& entry) {
  entry.ratio_to.clear();
  entry.ratio.reset();
  entry.pairs = 0;
  entry.comparison = record::Comparison::none;
  entry.fastest = entry.may_be_fastest = false;
  entry.half_width.reset();
  entry.settled.reset();
  entry.why_wide.clear();
}

bool same_cell(const record::Cell& a, const record::Cell& b) {
  return a.model == b.model && a.size == b.size && a.workload == b.workload && a.precision == b.precision;
}

}  // namespace

void summarise(std::span<record::Entry> cell, std::optional<double> target, std::string_view asked) {
  std::vector<Visits> visits;
  std::vector<std::optional<stats::Estimate>> times;
  for (auto& entry : cell) {
    forget_comparisons(entry);
    visits.push_back(samples_ms(entry));
    times.push_back(stats::time_of(visits.back()));
    summarise_time(entry, visits.back(), times.back());
  }
  raise_by_frameworks(cell);
  for (auto& members : rankings(cell)) compare({cell, visits, times, std::move(members)}, target, asked);
}

void summarise(record::Run& run, std::string_view baseline) {
  const std::span<record::Entry> all(run.entries);
  for (size_t first = 0; first < all.size();) {
    size_t end = first + 1;
    while (end < all.size() && same_cell(all[first].cell, all[end].cell)) ++end;
    summarise(all.subspan(first, end - first), run.target, baseline);
    first = end;
  }
}

}  // namespace assay::decide
