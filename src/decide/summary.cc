#include "decide/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>
#include <set>
#include <vector>

#include "decide/across.h"
#include "decide/baseline.h"
#include "decide/limit.h"
#include "decide/ranking.h"
#include "stats/compare.h"
#include "stats/quantile.h"

namespace assay::decide {
namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;

using Visits = std::vector<stats::VisitSamples>;

std::vector<double> clocked_ms(const record::ContestantResult& summary) {
  std::vector<double> samples;
  for (const auto& visit : summary.visits)
    for (const int64_t ns : visit.samples_ns)
      samples.push_back(static_cast<double>(ns) / kNanosecondsPerMillisecond);
  return samples;
}

Figure figure(const stats::Estimate& estimate) { return {estimate.median, estimate.interval}; }

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
void hold_to_target(Summary& summary, const stats::Estimate& estimate, std::optional<double> target) {
  summary.half_width = stats::half_width(estimate);
  if (!target) return;
  summary.reached_target = summary.half_width && *summary.half_width <= *target;
  if (!*summary.reached_target) summary.why_wide = why_wide(estimate, *target);
}

void summarise_time(Summary& summary, const Visits& visits, const std::optional<stats::Estimate>& time) {
  std::set<int> blocks;
  std::vector<double> all;
  for (const auto& visit : visits) {
    blocks.insert(visit.block);
    all.insert(all.end(), visit.samples.begin(), visit.samples.end());
  }
  summary.samples = static_cast<int64_t>(all.size());
  summary.rounds = static_cast<int>(visits.size());
  summary.blocks = static_cast<int>(blocks.size());
  if (!time) return;
  summary.disturbed = static_cast<int>(time->disturbed);
  summary.time_ms = figure(*time);
  // The tail is that of single steps, as the runner clocked them: a clock that lies there gains nothing.
  const std::vector<double> each = clocked_ms(*summary.result);
  summary.percentiles_ms = {stats::percentile(all, 50), stats::percentile(each, 90),
                            stats::percentile(each, 95), stats::percentile(each, 99)};
}

std::optional<Figure> part_ms(const record::ContestantResult& result, Part part) {
  const auto time = stats::time_of(part_samples_ms(result, part));
  return time ? std::optional(figure(*time)) : std::nullopt;
}

void summarise_ratio(Summary& summary, const stats::Estimate& ratio) {
  summary.ratio = figure(ratio);
  summary.pairs = static_cast<int>(ratio.count);
  summary.disturbed = static_cast<int>(ratio.disturbed);
  summary.comparison = stats::verdict(ratio, summary.margin);
}

// The entries of one cell with their samples, and the members of one class of them.
struct Class {
  Summaries& cell;
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
    if (!asked.empty() && refers_to(asked, one.cell[i].result->contestant)) return i;
    most = std::max(most, one.cell[i].rounds);
  }
  return *std::ranges::find_if(given, [&](size_t i) { return 2 * one.cell[i].rounds >= most; });
}

std::vector<Pair> pairs_within(std::span<const size_t> members, const std::vector<Visits>& visits) {
  std::vector<const Visits*> theirs;
  for (const size_t i : members) theirs.push_back(&visits[i]);
  return pairs_of(theirs);
}

void find_places(const Class& one) {
  const auto found = places(one.members.size(), pairs_within(one.members, one.visits));
  for (size_t i = 0; i < found.size(); ++i) one.cell[one.members[i]].place = found[i];
}

void compare(const Class& one, std::optional<double> target, std::string_view asked) {
  const size_t baseline = baseline_of(one, asked);
  for (const size_t i : one.members) {
    Summary& summary = one.cell[i];
    summary.ratio_to = one.cell[baseline].result->contestant.name();
    const auto ratio = stats::ratio_of(one.visits[i], one.visits[baseline]);
    if (ratio) summarise_ratio(summary, *ratio);
    if (i == baseline) continue;
    if (const auto& known = ratio ? ratio : one.times[i]) hold_to_target(summary, *known, target);
  }
  // With nobody to compare it with, its own time is what was wanted.
  const bool alone = one.members.size() == 1;
  if (const auto& time = one.times[baseline]; time && alone)
    hold_to_target(one.cell[baseline], *time, target);
  find_places(one);
}

}  // namespace

Summaries summarise(std::span<const record::ContestantResult> cell, std::optional<double> target,
                    std::string_view asked, double margin) {
  Summaries summaries;
  std::vector<Visits> visits;
  std::vector<std::optional<stats::Estimate>> times;
  for (const auto& result : cell) {
    visits.push_back(samples_ms(result));
    times.push_back(stats::time_of(visits.back()));
    summaries.push_back({.result = &result, .margin = margin});
    summarise_time(summaries.back(), visits.back(), times.back());
    summaries.back().first_token_ms = part_ms(result, Part::first);
    summaries.back().further_token_ms = part_ms(result, Part::further);
  }
  raise_by_frameworks(summaries);
  for (auto& members : rankings(summaries))
    compare({summaries, visits, times, std::move(members)}, target, asked);
  return summaries;
}

std::vector<Pair> comparisons(std::span<const Summary> cell) {
  std::vector<Visits> visits;
  for (const Summary& summary : cell) visits.push_back(samples_ms(*summary.result));
  std::vector<Pair> pairs;
  for (auto& members : rankings(cell)) {
    std::ranges::sort(members);
    for (Pair pair : pairs_within(members, visits)) {
      pair.a = members[pair.a];
      pair.b = members[pair.b];
      pairs.push_back(pair);
    }
  }
  return pairs;
}

std::vector<Summaries> summarise(const record::Run& run, std::string_view baseline, double margin) {
  std::vector<Summaries> cells;
  const std::span<const record::ContestantResult> all(run.results);
  for (size_t first = 0; first < all.size();) {
    size_t end = first + 1;
    while (end < all.size() && all[first].cell == all[end].cell) ++end;
    Summaries cell = summarise(all.subspan(first, end - first), run.target, baseline, margin);
    const auto asked = std::ranges::find_if(cell, [&](const Summary& summary) {
      return !baseline.empty() && refers_to(baseline, summary.result->contestant);
    });
    if (asked != cell.end()) std::rotate(cell.begin(), asked, asked + 1);
    cells.push_back(std::move(cell));
    first = end;
  }
  return cells;
}

}  // namespace assay::decide
