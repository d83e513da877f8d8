#include "decide/leaders.h"

#include <algorithm>
#include <climits>
#include <map>
#include <utility>

#include "decide/across.h"
#include "decide/ranking.h"

namespace assay::decide {
namespace {

using stats::Comparison;

// The newest of each contestant; what tells nothing hides no older one that does.
std::map<std::string, const Told*> newest_of_each(std::span<const ToldCell> runs) {
  std::map<std::string, const Told*> newest;
  for (const ToldCell& run : runs)
    for (const Told& member : run.members) {
      const auto [known, added] = newest.emplace(member.name, &member);
      if (!added && !known->second->says_something && member.says_something) known->second = &member;
    }
  return newest;
}

// Those of the strictest class, by median.
std::vector<const Told*> strictest(const std::map<std::string, const Told*>& newest) {
  using record::Verdict;
  for (const Verdict wanted : {Verdict::exact, Verdict::f32_fast, Verdict::reduced, Verdict::quantised}) {
    std::vector<const Told*> members;
    for (const auto& [name, member] : newest)
      if (member->ranking == wanted) members.push_back(member);
    std::ranges::stable_sort(members, {}, [](const Told* member) { return member->median_ms; });
    if (!members.empty()) return members;
  }
  return {};
}

// Where a member of a run stands among those that are ranked; absent where it is not among them, or of
// another version.
std::optional<size_t> position(std::span<const Told* const> ranked, const Told& member) {
  const auto found = std::ranges::find_if(
      ranked, [&](const Told* one) { return one->name == member.name && one->version == member.version; });
  return found == ranked.end() ? std::nullopt : std::optional<size_t>(found - ranked.begin());
}

// Every comparison of the ranked, of each two the newest.
std::vector<Pair> newest_pairs(std::span<const ToldCell> runs, std::span<const Told* const> ranked) {
  std::map<std::pair<size_t, size_t>, Pair> pairs;
  for (const ToldCell& run : runs)
    for (const Pair& pair : run.pairs) {
      const auto a = position(ranked, run.members[pair.a]), b = position(ranked, run.members[pair.b]);
      if (!a || !b) continue;
      const Pair ordered = *a < *b ? Pair{*a, *b, pair.ratio} : Pair{*b, *a, stats::inverse(pair.ratio)};
      pairs.emplace(std::pair(ordered.a, ordered.b), ordered);
    }
  std::vector<Pair> found;
  for (const auto& [key, pair] : pairs) found.push_back(pair);
  return found;
}

// What is said of several that share the first place: equal when the quickest is equal to each.
Comparison said_of(std::span<const size_t> firsts, std::span<const Pair> pairs, double margin) {
  for (const size_t other : firsts.subspan(1)) {
    const auto pair = std::ranges::find_if(
        pairs, [&](const Pair& one) { return one.a == firsts.front() && one.b == other; });
    if (pair == pairs.end() || stats::verdict(pair->ratio, margin) != Comparison::equal)
      return Comparison::not_told_apart;
  }
  return Comparison::equal;
}

}  // namespace

ToldCell told(std::string started, std::span<const Summary> cell) {
  ToldCell kept{.started = std::move(started), .members = {}, .pairs = comparisons(cell)};
  for (const Summary& summary : cell) {
    Told member{.name = summary.result->contestant.name(), .version = summary.result->contestant.version};
    member.says_something = says_something(*summary.result);
    if (is_ranked(summary)) member.ranking = summary.result->accuracy.verdict;
    if (summary.time_ms) member.median_ms = summary.time_ms->median;
    kept.members.push_back(std::move(member));
  }
  return kept;
}

Leaders leaders(std::span<const ToldCell> runs, double margin) {
  const auto newest = newest_of_each(runs);
  const auto ranked = strictest(newest);
  Leaders first{.contestants = newest.size()};
  if (ranked.empty()) return first;
  const auto pairs = newest_pairs(runs, ranked);
  const auto places = decide::places(ranked.size(), pairs);
  std::vector<size_t> firsts;
  for (size_t i = 0; i < ranked.size(); ++i)
    if (places[i].number == 1) firsts.push_back(i);
  first.ranking = ranked.front()->ranking;
  first.ranked = ranked.size();
  first.open = static_cast<size_t>(
      std::ranges::count_if(places, [](const Place& place) { return !place.number.has_value(); }));
  if (firsts.size() > 1) first.said = said_of(firsts, pairs, margin);
  if (firsts.size() == 1 && ranked.size() > 1) first.said = Comparison::faster;
  if (firsts.empty()) firsts.push_back(0);
  for (const size_t i : firsts) first.names.push_back(ranked[i]->name);
  first.median_ms = ranked[firsts.front()]->median_ms;
  return first;
}

}  // namespace assay::decide
