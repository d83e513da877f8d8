#include "decide/history.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "decide/ranking.h"
#include "stats/unpaired.h"

namespace assay::decide {
namespace {

using record::ContestantResult;

constexpr double kDeviationsOfInterval = 1.959964;

bool is_timed(const Measured& one) {
  return !one.result->visits.empty() && is_class(one.result->accuracy.verdict) && !one.result->failure;
}

// What a control must keep to be the same program doing the same work.
std::string identity(const ContestantResult& result) {
  if (!result.provenance) return "";
  return result.contestant.name() + "\n" + result.contestant.version + "\n" + result.provenance->runner_key +
         "\n" + result.provenance->graph_hash;
}

// The contestant that is in all of the runs, as an identity; of several the one with most rounds. Empty: none
// is.
std::string common_control(const std::vector<Measured>& timed) {
  struct Known {
    size_t runs = 0, rounds = 0;
  };
  std::map<std::string, Known> known;
  for (const Measured& one : timed)
    for (const ContestantResult& other : one.run->results) {
      const bool itself = other.contestant.name() == one.result->contestant.name();
      if (itself || other.cell != one.result->cell || !is_class(other.accuracy.verdict)) continue;
      Known& entry = known[identity(other)];
      ++entry.runs;
      entry.rounds += other.visits.size();
    }
  std::string best;
  for (const auto& [name, entry] : known)
    if (!name.empty() && entry.runs == timed.size() && (best.empty() || entry.rounds > known[best].rounds))
      best = name;
  return best;
}

std::optional<stats::Estimate> ratio_to(const Measured& one, const std::string& control) {
  for (const ContestantResult& other : one.run->results)
    if (other.cell == one.result->cell && identity(other) == control)
      return stats::ratio_of(samples_ms(*one.result), samples_ms(other));
  return std::nullopt;
}

// The figure that is searched for changes, in logarithms.
std::optional<stats::Point> point_of(const Occasion& occasion, bool controlled) {
  const auto& figure = controlled ? occasion.ratio : occasion.time_ms;
  if (!figure || !figure->interval) return std::nullopt;
  const double deviation =
      std::log(figure->interval->high / figure->interval->low) / 2 / kDeviationsOfInterval;
  const double between = controlled ? 0 : stats::kBetweenRuns;
  return stats::Point{std::log(figure->median), std::max(1e-8, deviation * deviation + between * between)};
}

void find_changes(History& history) {
  std::vector<stats::Point> points;
  std::vector<size_t> places;
  for (size_t i = 0; i < history.occasions.size(); ++i)
    if (const auto point = point_of(history.occasions[i], !history.control.empty())) {
      points.push_back(*point);
      places.push_back(i);
    }
  for (const stats::ChangePoint& change : stats::change_points(points))
    history.occasions[places[change.at]].change = stats::Estimate{
        .median = std::exp(change.step),
        .interval = stats::Bounds{std::exp(change.interval.low), std::exp(change.interval.high)}};
}

}  // namespace

History history_of(std::vector<Measured> results) {
  std::ranges::stable_sort(results, {}, [](const Measured& one) { return one.run->started; });
  std::vector<Measured> timed;
  std::ranges::copy_if(results, std::back_inserter(timed), is_timed);
  const std::string control = common_control(timed);
  History history;
  history.control = control.substr(0, control.find('\n'));
  std::string version;
  for (const Measured& one : results) {
    Occasion occasion{.measured = one};
    const std::string& now = one.result->contestant.version;
    occasion.new_version = !version.empty() && !now.empty() && now != version;
    if (!now.empty()) version = now;
    if (is_timed(one)) {
      occasion.time_ms = stats::time_of(samples_ms(*one.result));
      if (!control.empty()) occasion.ratio = ratio_to(one, control);
    }
    history.occasions.push_back(occasion);
  }
  find_changes(history);
  return history;
}

}  // namespace assay::decide
