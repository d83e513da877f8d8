#include "claims/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <tuple>

#include "decide/ranking.h"
#include "record/machine_words.h"
#include "stats/quantile.h"

namespace assay::claims {
namespace {

using record::ContestantResult;
using record::Outcome;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool names(const std::string& wanted, const std::string& is) {
  return wanted.empty() || lower(is).find(lower(wanted)) != std::string::npos;
}

bool equals(const std::string& wanted, const std::string& is) {
  return wanted.empty() || lower(wanted) == lower(is);
}

bool matches(const Machine& machine, const record::Host& host) {
  const bool gpu = machine.gpu.empty() ||
                   std::ranges::any_of(host.gpus, [&](const auto& one) { return names(machine.gpu, one); });
  return gpu && names(machine.cpu, host.cpu) && names(machine.os, host.os);
}

bool matches(const Group& group, const Evidence& evidence) {
  const record::Contestant& contestant = evidence.measured.result->contestant;
  return equals(group.framework, contestant.framework) && equals(group.variant, contestant.variant) &&
         equals(group.device, contestant.device) && equals(group.language, evidence.language);
}

bool among(const std::vector<std::string>& wanted, const std::string& is) {
  return wanted.empty() || std::ranges::find(wanted, is) != wanted.end();
}

bool got_through(const ContestantResult& result) {
  return result.outcome == Outcome::ok && !result.failure && decide::is_class(result.accuracy.verdict);
}

// Where results stand beside each other.
using Place = std::tuple<std::string, std::string, std::string, int>;  // machine, model, workload, threads

Place place_of(const Evidence& evidence) {
  const ContestantResult& result = *evidence.measured.result;
  const record::Run& run = *evidence.measured.run;
  return {run.host.name, result.cell.model, result.cell.workload, run.threads};
}

using Evidences = std::vector<Evidence>;
using Places = std::map<Place, Evidences>;

// What the claim is about, place by place.
Places relevant(const Claim& claim, const Evidences& evidence) {
  Places places;
  for (const Evidence& one : evidence) {
    const record::Cell& cell = one.measured.result->cell;
    if (cell.size != "full" || !matches(claim.machine, one.measured.run->host)) continue;
    if (among(claim.query.models, cell.model) && among(claim.query.workloads, cell.workload))
      places[place_of(one)].push_back(one);
  }
  return places;
}

Evidences of_group(const Evidences& all, const Group& group) {
  Evidences chosen;
  std::ranges::copy_if(all, std::back_inserter(chosen),
                       [&](const Evidence& one) { return matches(group, one); });
  return chosen;
}

double median_ms(const Evidence& evidence) {
  const auto time = stats::time_of(decide::samples_ms(*evidence.measured.result));
  return time ? time->median : 0;
}

// Who of the group takes least time; null where nobody has one that counts.
const Evidence* best_of(const Evidences& group) {
  const Evidence* best = nullptr;
  for (const Evidence& one : group) {
    if (!got_through(*one.measured.result) || one.measured.result->visits.empty()) continue;
    if (best == nullptr || median_ms(one) < median_ms(*best)) best = &one;
  }
  return best;
}

std::string where(const Place& place, const Evidence& evidence) {
  return fmt::format("{} {} on {}", std::get<1>(place), std::get<2>(place),
                     record::machine_words(evidence.measured.run->host));
}

std::string_view how_it_ended(const ContestantResult& result) {
  const bool ran = !result.failure && result.outcome == Outcome::ok;
  return ran ? record::name(result.accuracy.verdict) : record::name(result.outcome);
}

std::string name_of(const Evidence& evidence) { return evidence.measured.result->contestant.name(); }

std::string in_words(const stats::Estimate& ratio) {
  if (!ratio.interval) return fmt::format("{:.2f}", ratio.median);
  return fmt::format("{:.2f} [{:.2f}, {:.2f}]", ratio.median, ratio.interval->low, ratio.interval->high);
}

// Whether `ratio` is at least the factor. Without an interval it takes what tells two apart by far.
Status against_factor(const stats::Estimate& ratio, double factor) {
  if (ratio.interval && ratio.interval->low >= factor) return Status::confirmed;
  if (ratio.interval) return ratio.interval->high < factor ? Status::refuted : Status::undecided;
  stats::Estimate scaled = ratio;
  for (double* value : {&scaled.median, &scaled.least, &scaled.most}) *value /= factor;
  const stats::Comparison says = stats::verdict(scaled);
  if (says == stats::Comparison::slower) return Status::confirmed;
  return says == stats::Comparison::faster ? Status::refuted : Status::undecided;
}

// Results that are there and do not count say why, so that nobody looks for them in vain.
std::vector<Figure> uncounted(const Place& place, const Evidences& group) {
  std::vector<Figure> figures;
  for (const Evidence& one : group)
    figures.push_back({fmt::format("{}: {} has no time that counts ({})", where(place, one), name_of(one),
                                   how_it_ended(*one.measured.result)),
                       Status::undecided});
  return figures;
}

// The quickest of one group against the quickest of the other; where one has none, why.
std::vector<Figure> ratio_figures(const Claim& claim, const Place& place, const Evidences& all) {
  const Evidences subject = of_group(all, claim.query.subject), against = of_group(all, claim.query.against);
  if (subject.empty() || against.empty()) return {};
  const Evidence *ours = best_of(subject), *theirs = best_of(against);
  if (ours == nullptr) return uncounted(place, subject);
  if (theirs == nullptr) return uncounted(place, against);
  if (name_of(*ours) == name_of(*theirs)) return {};
  const auto across = decide::compare_across(theirs->measured, ours->measured);
  if (!across) return {};
  return {{fmt::format("{}: {} takes {} times as long as {}", where(place, *ours), name_of(*theirs),
                       in_words(across->ratio), name_of(*ours)),
           against_factor(across->ratio, claim.query.factor)}};
}

// Of the group's right answers, in float32 roundings.
std::vector<double> errors_of(const Evidences& all, const Group& group) {
  std::vector<double> errors;
  for (const Evidence& one : of_group(all, group))
    if (got_through(*one.measured.result)) errors.push_back(one.measured.result->accuracy.times_f32);
  return errors;
}

std::vector<Figure> error_figures(const Claim& claim, const Place& place, const Evidences& all) {
  const auto ours = errors_of(all, claim.query.subject), theirs = errors_of(all, claim.query.against);
  if (ours.empty() || theirs.empty()) return {};
  const double our_median = stats::median(ours), their_median = stats::median(theirs);
  return {{fmt::format("{}: median error {:.1f} times float32 rounding where the others have {:.1f}",
                       where(place, all.front()), our_median, their_median),
           our_median > claim.query.factor * their_median ? Status::confirmed : Status::refuted}};
}

// Those of each place.
template <class FiguresOf>
std::vector<Figure> of_places(const Claim& claim, const Places& places, const FiguresOf& figures_of) {
  std::vector<Figure> figures;
  for (const auto& [place, all] : places)
    for (Figure& figure : figures_of(claim, place, all)) figures.push_back(std::move(figure));
  return figures;
}

// Of each contestant on each machine one: what it is does not depend on the model.
template <class FigureOf>
std::vector<Figure> of_contestants(const Claim& claim, const Places& places, const FigureOf& figure_of) {
  std::map<std::pair<std::string, std::string>, Figure> known;
  for (const auto& [place, all] : places)
    for (const Evidence& one : of_group(all, claim.query.subject))
      if (const auto figure = figure_of(claim, one))
        known.try_emplace({std::get<0>(place), name_of(one)}, *figure);
  std::vector<Figure> figures;
  for (auto& [key, figure] : known) figures.push_back(std::move(figure));
  return figures;
}

std::optional<Figure> footprint(const Claim& claim, const Evidence& one) {
  const auto& launch = one.measured.result->launch;
  if (!launch || !launch->footprint_bytes) return std::nullopt;
  const double mb = static_cast<double>(*launch->footprint_bytes) / 1e6;
  const bool within = mb >= claim.query.least_mb && mb <= claim.query.most_mb;
  return Figure{fmt::format("{}: {:.3g} MB", name_of(one), mb), within ? Status::confirmed : Status::refuted};
}

std::optional<Figure> linkage(const Claim& claim, const Evidence& one) {
  const auto& launch = one.measured.result->launch;
  if (!launch || launch->footprint.linkage.empty()) return std::nullopt;
  return Figure{fmt::format("{}: {}", name_of(one), launch->footprint.linkage),
                equals(claim.query.is, launch->footprint.linkage) ? Status::confirmed : Status::refuted};
}

Figure failure(const Evidence& one) {
  const ContestantResult& result = *one.measured.result;
  return {fmt::format("{} {} {}: {}", name_of(one), result.cell.model, result.cell.workload,
                      how_it_ended(result)),
          got_through(result) ? Status::refuted : Status::confirmed};
}

// Of everybody in every place.
std::vector<Figure> failures(const Claim& claim, const Places& places) {
  std::vector<Figure> figures;
  for (const auto& [place, all] : places)
    for (const Evidence& one : of_group(all, claim.query.subject)) figures.push_back(failure(one));
  return figures;
}

std::vector<Figure> figures_of(const Claim& claim, const Places& places) {
  switch (claim.query.kind) {
    case Kind::ratio:
      return of_places(claim, places, ratio_figures);
    case Kind::error:
      return of_places(claim, places, error_figures);
    case Kind::footprint:
      return of_contestants(claim, places, footprint);
    case Kind::linkage:
      return of_contestants(claim, places, linkage);
    case Kind::failure:
      return failures(claim, places);
  }
  return {};
}

Status status_of(const std::vector<Figure>& figures) {
  if (figures.empty()) return Status::not_tested;
  const auto count = [&](Status says) { return std::ranges::count(figures, says, &Figure::says); };
  const auto confirmed = count(Status::confirmed), refuted = count(Status::refuted);
  if (confirmed > 0 && refuted > 0) return Status::partly;
  if (refuted > 0) return Status::refuted;
  return confirmed > 0 ? Status::confirmed : Status::undecided;
}

std::string needs_of(const Claim& claim) {
  std::string text = "results of " + words(claim.query.subject);
  if (const std::string against = words(claim.query.against); !against.empty()) text += " and of " + against;
  if (const std::string machine = words(claim.machine); !machine.empty())
    text += ", on a machine with " + machine;
  return text;
}

}  // namespace

std::string_view name(Status status) {
  switch (status) {
    case Status::confirmed:
      return "confirmed";
    case Status::refuted:
      return "refuted";
    case Status::partly:
      return "partly";
    case Status::undecided:
      return "undecided";
    case Status::not_tested:
      return "not tested here";
  }
  return "not tested here";
}

Judgement judge(const Claim& claim, const Evidences& evidence) {
  Judgement judgement;
  judgement.figures = figures_of(claim, relevant(claim, evidence));
  judgement.status = status_of(judgement.figures);
  if (judgement.status == Status::not_tested) judgement.needs = needs_of(claim);
  return judgement;
}

}  // namespace assay::claims
