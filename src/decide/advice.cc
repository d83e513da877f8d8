#include "decide/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <climits>
#include <cmath>

#include "decide/ranking.h"
#include "stats/quantile.h"

namespace assay::decide {
namespace {

using record::Verdict;

struct GoalWords {
  Goal goal;
  std::string_view name, workload;
};
constexpr std::array kGoals = {
    GoalWords{Goal::latency, "latency", "latency"},    GoalWords{Goal::throughput, "throughput", "inference"},
    GoalWords{Goal::training, "training", "training"}, GoalWords{Goal::chat, "chat", "generate"},
    GoalWords{Goal::start, "start", "inference"},      GoalWords{Goal::size, "size", "inference"}};

const GoalWords& words(Goal goal) { return *std::ranges::find(kGoals, goal, &GoalWords::goal); }

bool same_word(std::string_view one, std::string_view other) {
  return std::ranges::equal(
      one, other, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

// Says that a figure is too large, or not known, which rules out as well: nobody vouches for it.
template <class T>
void hold(Candidate& candidate, std::string_view what, const std::optional<T>& is,
          const std::optional<T>& most) {
  if (!most) return;
  if (!is) candidate.ruled_out.push_back(fmt::format("{} is not known", what));
  if (is && *is > *most) candidate.ruled_out.push_back(fmt::format("{}", what));
}

void hold_to(const Constraints& constraints, Candidate& candidate) {
  const record::ContestantResult& result = *candidate.measured.result;
  const Figures is = figures_of(result);
  hold(candidate, "time of a step", is.p95_ms ? is.p95_ms : is.time_ms, constraints.latency_ms);
  hold(candidate, "memory", is.memory_bytes, constraints.memory_bytes);
  hold(candidate, "installed size", is.footprint_bytes, constraints.footprint_bytes);
  hold(candidate, "start", is.start_s, constraints.start_s);
  if (constraints.language && !same_word(candidate.language, *constraints.language))
    candidate.ruled_out.push_back("language " +
                                  (candidate.language.empty() ? "not known" : candidate.language));
  if (constraints.exact && result.accuracy.verdict != Verdict::exact)
    candidate.ruled_out.push_back(fmt::format("accuracy: {}", record::name(result.accuracy.verdict)));
}

// Whether it may be advised at all: a time, no failure, answers of a class.
bool counts(const record::ContestantResult& result) {
  return result.outcome == record::Outcome::ok && !result.failure && is_class(result.accuracy.verdict) &&
         !result.visits.empty();
}

void rule_out_what_does_not_count(Candidate& candidate) {
  const record::ContestantResult& result = *candidate.measured.result;
  if (counts(result)) return;
  const auto why = result.failure || result.outcome != record::Outcome::ok ? record::name(result.outcome)
                   : is_class(result.accuracy.verdict)                     ? std::string_view("not timed")
                                                       : record::name(result.accuracy.verdict);
  candidate.ruled_out.push_back(std::string(why));
}

// The eligible of the most exact class; the others of them are ruled out by it.
void keep_most_exact(std::vector<Candidate>& candidates) {
  auto best = Verdict::unchecked;
  for (const Verdict verdict : {Verdict::quantised, Verdict::reduced, Verdict::f32_fast, Verdict::exact})
    for (const Candidate& candidate : candidates)
      if (candidate.ruled_out.empty() && candidate.measured.result->accuracy.verdict == verdict)
        best = verdict;
  for (Candidate& candidate : candidates) {
    const Verdict verdict = candidate.measured.result->accuracy.verdict;
    if (candidate.ruled_out.empty() && verdict != best)
      candidate.ruled_out.push_back(fmt::format("ranked apart: {}", record::name(verdict)));
  }
}

// The figure that the goal wants small.
double wanted(Goal goal, const record::ContestantResult& result) {
  const Figures is = figures_of(result);
  const auto of = [](const auto& figure) { return figure ? static_cast<double>(*figure) : HUGE_VAL; };
  if (goal == Goal::start) return of(is.start_s);
  return goal == Goal::size ? of(is.footprint_bytes) : of(is.time_ms);
}

// Start and size are one figure each: who is lower is ahead, who is within the margin has the same place.
std::vector<Place> places_by_figure(const std::vector<double>& figures, double margin) {
  std::vector<Place> places(figures.size());
  for (size_t i = 0; i < figures.size(); ++i) {
    const auto ahead =
        std::ranges::count_if(figures, [&](double other) { return other * (1 + margin) < figures[i]; });
    if (std::isfinite(figures[i])) places[i].number = static_cast<int>(ahead) + 1;
    places[i].fastest = figures.size() > 1 && std::ranges::count_if(figures, [&](double other) {
                                                return figures[i] * (1 + margin) < other;
                                              }) == static_cast<std::ptrdiff_t>(figures.size()) - 1;
  }
  for (Place& place : places)
    place.shared = place.number && std::ranges::count(places, place.number, &Place::number) > 1;
  return places;
}

std::vector<Pair> pairs_across(const std::vector<Candidate>& candidates,
                               const std::vector<size_t>& eligible) {
  std::vector<Pair> pairs;
  for (size_t a = 0; a < eligible.size(); ++a)
    for (size_t b = a + 1; b < eligible.size(); ++b)
      if (const auto across =
              compare_across(candidates[eligible[a]].measured, candidates[eligible[b]].measured))
        pairs.push_back({a, b, across->ratio});
  return pairs;
}

std::array<std::optional<double>, 5> dimensions(const record::ContestantResult& result) {
  const Figures is = figures_of(result);
  const auto number = [](const auto& figure) {
    return figure ? std::optional(static_cast<double>(*figure)) : std::nullopt;
  };
  return {is.time_ms, number(is.memory_bytes), is.start_s, number(is.footprint_bytes), is.error};
}

// Whether `one` is at least as good in all that is known of both, and better in one.
bool dominates(const record::ContestantResult& one, const record::ContestantResult& other) {
  const auto ours = dimensions(one), theirs = dimensions(other);
  bool better = false;
  for (size_t i = 0; i < ours.size(); ++i) {
    const auto &our = ours[i], &their = theirs[i];
    if (!our || !their) continue;
    if (*our > *their) return false;
    better = better || *our < *their;
  }
  return better;
}

void find_front(Advice& advice) {
  const auto result = [&](size_t i) -> const record::ContestantResult& {
    return *advice.candidates[advice.eligible[i]].measured.result;
  };
  for (size_t i = 0; i < advice.eligible.size(); ++i) {
    bool dominated = false;
    for (size_t j = 0; j < advice.eligible.size(); ++j)
      dominated = dominated || dominates(result(j), result(i));
    if (!dominated) advice.front.push_back(i);
  }
}

}  // namespace

std::string_view name(Goal goal) { return words(goal).name; }

std::string_view workload_of(Goal goal) { return words(goal).workload; }

std::optional<Goal> goal_from_name(std::string_view text) {
  const auto found = std::ranges::find(kGoals, text, &GoalWords::name);
  return found == kGoals.end() ? std::nullopt : std::optional(found->goal);
}

Figures figures_of(const record::ContestantResult& result) {
  Figures figures;
  std::vector<double> clocked;
  for (const auto& visit : result.visits)
    for (const int64_t ns : visit.samples_ns) clocked.push_back(static_cast<double>(ns) / 1e6);
  if (const auto time = stats::time_of(samples_ms(result))) figures.time_ms = time->median;
  figures.p95_ms = stats::percentile(clocked, 95);
  if (const auto first = stats::time_of(part_samples_ms(result, Part::first)))
    figures.first_token_ms = first->median;
  if (const auto further = stats::time_of(part_samples_ms(result, Part::further)))
    figures.further_token_ms = further->median;
  if (result.launch) {
    figures.start_s = result.launch->cold_s;
    figures.memory_bytes = result.launch->peak_bytes;
    figures.footprint_bytes = result.launch->footprint_bytes;
  }
  if (is_class(result.accuracy.verdict) && std::isfinite(result.accuracy.times_f32))
    figures.error = result.accuracy.times_f32;
  return figures;
}

Advice advise(std::vector<Candidate> candidates, Goal goal, const Constraints& constraints, double margin) {
  for (Candidate& candidate : candidates) {
    rule_out_what_does_not_count(candidate);
    if (candidate.ruled_out.empty()) hold_to(constraints, candidate);
  }
  keep_most_exact(candidates);
  std::ranges::stable_sort(
      candidates, {}, [&](const Candidate& candidate) { return wanted(goal, *candidate.measured.result); });
  std::ranges::stable_partition(candidates,
                                [](const Candidate& candidate) { return candidate.ruled_out.empty(); });
  Advice advice{.candidates = std::move(candidates)};
  std::vector<double> figures;
  for (size_t i = 0; i < advice.candidates.size() && advice.candidates[i].ruled_out.empty(); ++i) {
    advice.eligible.push_back(i);
    figures.push_back(wanted(goal, *advice.candidates[i].measured.result));
  }
  if (goal == Goal::start || goal == Goal::size) {
    advice.places = places_by_figure(figures, margin);
  } else {
    advice.pairs = pairs_across(advice.candidates, advice.eligible);
    advice.places = places(advice.eligible.size(), advice.pairs);
  }
  find_front(advice);
  return advice;
}

}  // namespace assay::decide
