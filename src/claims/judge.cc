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
void add_uncounted(const Place& place, const Evidences& group, std::vector<Figure>& figures) {
  for (const Evidence& one : group)
    figures.push_back({fmt::format("{}: {} has no time that counts ({})", where(place, one), name_of(one),
                                   how_it_ended(*one.measured.result)),
                       Status::undecided});
}

void add_ratio(const Claim& claim, const Place& place, const Evidences& all, std::vector<Figure>& figures) {
  const Evidences subject = of_group(all, claim.query.subject), against = of_group(all, claim.query.against);
  if (subject.empty() || against.empty()) return;
  const Evidence *ours = best_of(subject), *theirs = best_of(against);
  if (ours == nullptr) add_uncounted(place, subject, figures);
  if (theirs == nullptr) add_uncounted(place, against, figures);
  if (ours == nullptr || theirs == nullptr || name_of(*ours) == name_of(*theirs)) return;
  const auto across = decide::compare_across(theirs->measured, ours->measured);
  if (!across) return;
  const stats::Estimate& ratio = across->ratio;
  figures.push_back(
      {fmt::format(
           "{}: {} takes {:.2f}{} times as long as {}", where(place, *ours), name_of(*theirs), ratio.median,
           ratio.interval ? fmt::format(" [{:.2f}, {:.2f}]", ratio.interval->low, ratio.interval->high)
                          : std::string(),
           name_of(*ours)),
       against_factor(ratio, claim.query.factor)});
}

void add_error(const Claim& claim, const Place& place, const Evidences& all, std::vector<Figure>& figures) {
  const auto errors = [&](const Group& group) {
    std::vector<double> found;
    for (const Evidence& one : of_group(all, group))
      if (got_through(*one.measured.result)) found.push_back(one.measured.result->accuracy.times_f32);
    return found;
  };
  const auto ours = errors(claim.query.subject), theirs = errors(claim.query.against);
  if (ours.empty() || theirs.empty()) return;
  const double our_median = stats::median(ours), their_median = stats::median(theirs);
  figures.push_back(
      {fmt::format("{}: median error {:.1f} times float32 rounding where the others have {:.1f}",
                   where(place, all.front()), our_median, their_median),
       our_median > claim.query.factor * their_median ? Status::confirmed : Status::refuted});
}

// Of each contestant on each machine once: what it is does not depend on the model.
template <class Says>
void add_contestants(const Claim& claim, const Places& places, const Says& says,
                     std::vector<Figure>& figures) {
  std::map<std::pair<std::string, std::string>, Figure> known;
  for (const auto& [place, all] : places)
    for (const Evidence& one : of_group(all, claim.query.subject))
      if (const auto figure = says(one)) known.try_emplace({std::get<0>(place), name_of(one)}, *figure);
  for (auto& [key, figure] : known) figures.push_back(std::move(figure));
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

std::vector<Figure> figures_of(const Claim& claim, const Places& places) {
  std::vector<Figure> figures;
  switch (claim.query.kind) {
    case Kind::ratio:
      for (const auto& [place, all] : places) add_ratio(claim, place, all, figures);
      break;
    case Kind::error:
      for (const auto& [place, all] : places) add_error(claim, place, all, figures);
      break;
    case Kind::footprint:
      add_contestants(claim, places, [&](const Evidence& one) { return footprint(claim, one); }, figures);
      break;
    case Kind::linkage:
      add_contestants(claim, places, [&](const Evidence& one) { return linkage(claim, one); }, figures);
      break;
    case Kind::failure:
      for (const auto& [place, all] : places)
        for (const Evidence& one : of_group(all, claim.query.subject)) figures.push_back(failure(one));
      break;
  }
  return figures;
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
