#include "decide/gate.h"

#include <algorithm>

#include "decide/ranking.h"

namespace assay::decide {
namespace {

using record::ContestantResult;
using record::Run;

bool same_entry(const ContestantResult& one, const ContestantResult& other) {
  return one.cell == other.cell && one.contestant.name() == other.contestant.name();
}

bool was_right(const ContestantResult& result) {
  return !result.failure && result.outcome == record::Outcome::ok && is_class(result.accuracy.verdict);
}

const ContestantResult* entry_in(const Run& run, const ContestantResult& wanted) {
  const auto found = std::ranges::find_if(
      run.results, [&](const ContestantResult& candidate) { return same_entry(candidate, wanted); });
  return found == run.results.end() ? nullptr : &*found;
}

// What became of it in the run, where the run was to measure it.
std::string trouble_in(const Run& run, const ContestantResult& wanted, const AsksFor& asks_for) {
  if (const ContestantResult* entry = entry_in(run, wanted)) {
    if (!entry->failure) return "the run ended before it was measured";
    return entry->failure->message.substr(0, entry->failure->message.find('\n'));
  }
  if (run.complete || !asks_for(run, wanted)) return "";
  const auto fault = std::ranges::find(run.faults, wanted.cell, &record::CellFault::cell);
  return fault == run.faults.end() ? "the run ended before it came to it" : fault->reason;
}

}  // namespace

std::vector<Gone> gone(std::span<const Measured> before, std::span<const Measured> after,
                       std::span<const Run* const> runs, const AsksFor& asks_for) {
  std::vector<Gone> found;
  for (const Measured& one : before) {
    if (!was_right(*one.result)) continue;
    if (std::ranges::any_of(after, [&](const auto& ours) { return same_entry(*ours.result, *one.result); }))
      continue;
    Gone gone{one, false, "not asked for"};
    for (const Run* run : runs)
      if (auto trouble = trouble_in(*run, *one.result, asks_for); !trouble.empty())
        gone = {one, true, std::move(trouble)};
    found.push_back(std::move(gone));
  }
  return found;
}

bool passed(const Gate& gate) {
  return std::ranges::all_of(gate.judged, [](const Judged& one) { return one.losses.empty(); }) &&
         std::ranges::none_of(gate.gone, &Gone::asked_for);
}

}  // namespace assay::decide
