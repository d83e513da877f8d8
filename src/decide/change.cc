#include "decide/change.h"

#include <fmt/format.h>

#include <cmath>

#include "decide/ranking.h"
#include "stats/unpaired.h"

namespace assay::decide {
namespace {

using record::ContestantResult;
using record::Verdict;

template <class T>
std::optional<double> quotient_of(const std::optional<T>& after, const std::optional<T>& before) {
  if (!after || !before || *before <= 0) return std::nullopt;
  return static_cast<double>(*after) / static_cast<double>(*before);
}

// Launches of blocks as the visits of a comparison: each is a block of its own, and stands for itself.
std::optional<stats::Estimate> warm_start_s(const ContestantResult& result) {
  std::vector<stats::VisitSamples> launches;
  for (const auto& start : result.warm_starts)
    if (start.total_s > 0) launches.push_back({start.block, 0, {start.total_s}});
  return stats::time_of(launches);
}

std::optional<int64_t> memory_of(const ContestantResult& result) {
  return result.launch ? result.launch->peak_bytes : std::nullopt;
}

std::optional<int64_t> footprint_of(const ContestantResult& result) {
  return result.launch ? result.launch->footprint_bytes : std::nullopt;
}

std::optional<double> error_of(const ContestantResult& result) {
  const double error = result.accuracy.rel_l2;
  return is_class(result.accuracy.verdict) && std::isfinite(error) && error > 0 ? std::optional(error)
                                                                                : std::nullopt;
}

// The lower, the worse.
int class_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::exact:
      return 4;
    case Verdict::f32_fast:
      return 3;
    case Verdict::reduced:
      return 2;
    case Verdict::quantised:
      return 1;
    case Verdict::wrong:
    case Verdict::unchecked:
      break;
  }
  return 0;
}

void add_slower(std::vector<std::string>& losses, std::string_view what, const stats::Estimate& ratio,
                double allowed) {
  if (stats::verdict(ratio) != stats::Comparison::slower || ratio.median <= 1 + allowed) return;
  const auto& interval = ratio.interval;
  losses.push_back(fmt::format(
      "{} {:.1f} % slower{}", what, 100 * (ratio.median - 1),
      interval ? fmt::format(" [{:+.1f}, {:+.1f}]", 100 * (interval->low - 1), 100 * (interval->high - 1))
               : ""));
}

void add_growth(std::vector<std::string>& losses, std::string_view what, const std::optional<int64_t>& before,
                const std::optional<int64_t>& after, const Allowed& allowed) {
  if (!before || !after) return;
  const auto more = static_cast<double>(*after - *before);
  if (more > allowed.least_growth_bytes && more > allowed.growth * static_cast<double>(*before))
    losses.push_back(fmt::format("{:.1f} % more {}", 100 * more / static_cast<double>(*before), what));
}

bool has_failed(const ContestantResult& result) {
  return result.failure.has_value() || result.outcome != record::Outcome::ok;
}

}  // namespace

Change change_of(const Measured& before, const Measured& after) {
  Change change{.before = before, .after = after};
  change.time = compare_across(after, before);
  const auto our_start = warm_start_s(*after.result), their_start = warm_start_s(*before.result);
  if (our_start && their_start) change.start = stats::ratio_unpaired(*our_start, *their_start);
  change.memory = quotient_of(memory_of(*after.result), memory_of(*before.result));
  change.footprint = quotient_of(footprint_of(*after.result), footprint_of(*before.result));
  change.error = quotient_of(error_of(*after.result), error_of(*before.result));
  return change;
}

std::vector<std::string> losses(const Change& change, const Allowed& allowed) {
  const ContestantResult &before = *change.before.result, &after = *change.after.result;
  if (has_failed(after)) {
    if (has_failed(before)) return {};
    return {fmt::format("{} now", record::name(after.outcome))};
  }
  std::vector<std::string> losses;
  if (class_of(after.accuracy.verdict) < class_of(before.accuracy.verdict))
    losses.push_back(fmt::format("{} where it was {}", record::name(after.accuracy.verdict),
                                 record::name(before.accuracy.verdict)));
  if (change.time) add_slower(losses, "a step is", change.time->ratio, allowed.time);
  if (change.start) add_slower(losses, "start is", *change.start, allowed.start);
  add_growth(losses, "memory", memory_of(before), memory_of(after), allowed);
  add_growth(losses, "on the disk", footprint_of(before), footprint_of(after), allowed);
  if (change.error && *change.error > 1 + allowed.error)
    losses.push_back(fmt::format("an error {:.1f} times as large", *change.error));
  return losses;
}

}  // namespace assay::decide
