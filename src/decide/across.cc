#include "decide/across.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "decide/ranking.h"
#include "record/disturbance.h"
#include "record/step_times.h"
#include "stats/unpaired.h"

namespace assay::decide {
namespace {

using record::ContestantResult;
using record::Run;

constexpr double kNsPerMs = 1e6;

// Whether it is the same program doing the same work in both runs.
bool same_program(const ContestantResult& one, const ContestantResult& other) {
  if (one.cell != other.cell || one.contestant.name() != other.contestant.name()) return false;
  if (one.contestant.version != other.contestant.version) return false;
  if (!one.provenance || !other.provenance) return false;
  return one.provenance->runner_key == other.provenance->runner_key &&
         one.provenance->graph_hash == other.provenance->graph_hash;
}

const ContestantResult* counterpart(const ContestantResult& result, const Run& run) {
  const auto found = std::ranges::find_if(run.results, [&](const ContestantResult& candidate) {
    return is_class(candidate.accuracy.verdict) && same_program(result, candidate);
  });
  return found == run.results.end() ? nullptr : &*found;
}

// Through the contestants that both runs have, other than the two.
std::optional<Across> by_control(const Measured& one, const Measured& other) {
  const auto our_visits = samples_ms(*one.result), their_visits = samples_ms(*other.result);
  std::optional<Across> best;
  for (const ContestantResult& ours : one.run->results) {
    if (&ours == one.result || !is_class(ours.accuracy.verdict)) continue;
    const ContestantResult* theirs = counterpart(ours, *other.run);
    if (theirs == nullptr || theirs == other.result) continue;
    const auto our_ratio = stats::ratio_of(our_visits, samples_ms(ours));
    const auto their_ratio = stats::ratio_of(their_visits, samples_ms(*theirs));
    if (!our_ratio || !their_ratio) continue;
    const auto ratio = stats::ratio_by_control(*our_ratio, *their_ratio);
    if (ratio.interval && (!best || ratio.count > best->ratio.count))
      best = Across{ratio, Pairing::control, ours.contestant.name()};
  }
  return best;
}

std::optional<Across> by_times(const Measured& one, const Measured& other) {
  const auto ours = stats::time_of(samples_ms(*one.result)),
             theirs = stats::time_of(samples_ms(*other.result));
  if (!ours || !theirs) return std::nullopt;
  return Across{stats::ratio_unpaired(*ours, *theirs), Pairing::times, ""};
}

}  // namespace

std::string_view name(Pairing pairing) {
  switch (pairing) {
    case Pairing::rounds:
      return "rounds";
    case Pairing::control:
      return "control";
    case Pairing::times:
      return "times";
  }
  return "times";
}

bool same_machine(const record::Host& one, const record::Host& other) {
  return one.name == other.name && one.cpu == other.cpu && one.cpu_design == other.cpu_design;
}

bool says_something(const ContestantResult& result) {
  if (!result.visits.empty() || result.accuracy.verdict == record::Verdict::wrong) return true;
  return result.failure && result.failure->reason != record::Reason::not_set_up;
}

std::vector<stats::VisitSamples> samples_ms(const ContestantResult& result) {
  std::vector<stats::VisitSamples> visits;
  for (const auto& visit : result.visits) {
    stats::VisitSamples samples{visit.block, visit.round, record::step_times_ns(visit),
                                record::disturbed(visit.surroundings)};
    for (double& time : samples.samples) time /= kNsPerMs;
    if (!samples.samples.empty()) visits.push_back(std::move(samples));
  }
  return visits;
}

std::vector<stats::VisitSamples> part_samples_ms(const ContestantResult& result, Part part) {
  std::vector<stats::VisitSamples> visits;
  for (const auto& visit : result.visits) {
    if (!visit.parts_ns || visit.samples_ns.empty()) continue;
    const size_t each = visit.parts_ns->size() / visit.samples_ns.size();
    if (each < 2) continue;
    stats::VisitSamples samples{visit.block, visit.round, {}, record::disturbed(visit.surroundings)};
    for (auto step = visit.parts_ns->begin(); step != visit.parts_ns->end();
         step += static_cast<ptrdiff_t>(each)) {
      const double further = std::accumulate(step + 1, step + static_cast<ptrdiff_t>(each), 0.0);
      const double ns =
          part == Part::first ? static_cast<double>(*step) : further / static_cast<double>(each - 1);
      samples.samples.push_back(ns / kNsPerMs);
    }
    visits.push_back(std::move(samples));
  }
  return visits;
}

std::optional<Across> compare_across(const Measured& one, const Measured& other) {
  if (one.result->cell != other.result->cell) return std::nullopt;
  if (one.run->id == other.run->id) {
    const auto ratio = stats::ratio_of(samples_ms(*one.result), samples_ms(*other.result));
    if (ratio) return Across{*ratio, Pairing::rounds, ""};
    return by_times(one, other);
  }
  const bool alike = same_machine(one.run->host, other.run->host) && one.run->threads == other.run->threads;
  auto best = alike ? by_control(one, other) : std::nullopt;
  return best ? best : by_times(one, other);
}

}  // namespace assay::decide
