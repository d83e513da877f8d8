#include "exchange/continuation.h"

#include <algorithm>

#include "exchange/encode.h"

namespace assay::exchange {
namespace {

using record::ContestantResult;
using record::Run;

// What was said when the run began.
Encoded beginning(const Run& run) {
  Encoded head = encoded(run);
  for (const char* later : {"complete", "hashes", "limits_looks", "faults"}) head.erase(later);
  return head;
}

template <class T>
bool begins_with(const std::vector<T>& whole, const std::vector<T>& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin(), same<T>);
}

// What is said once.
template <class T>
bool keeps(const std::optional<T>& before, const std::optional<T>& after) {
  return !before || (after && same(*before, *after));
}

// Of answers and tensors it is the worst that counts. What is no number is as bad as can be.
bool no_better(double after, double before) { return !(after < before); }

// The order of verify::worse: what could not be checked for a reason is worse than all but what is wrong.
int severity(const record::Accuracy& accuracy) {
  const bool refused = accuracy.verdict == record::Verdict::unchecked && !accuracy.reason.empty();
  return refused ? 2 * static_cast<int>(record::Verdict::wrong) - 1 : 2 * static_cast<int>(accuracy.verdict);
}

bool no_better(const record::Accuracy& after, const record::Accuracy& before) {
  const int is = severity(after), was = severity(before);
  return is == was ? no_better(after.times_f32, before.times_f32) : is > was;
}

bool no_better(const record::TensorErrors& after, const record::TensorErrors& before) {
  if (before.size() > after.size()) return false;
  return std::equal(before.begin(), before.end(), after.begin(), [](const auto& was, const auto& is) {
    return was.tensor == is.tensor && no_better(is.rel_l2, was.rel_l2) &&
           no_better(is.max_rel, was.max_rel) && no_better(is.times_f32, was.times_f32);
  });
}

// A launch whose answers nobody judged is made again when the run is gone on with.
bool launch_stays(const ContestantResult& before, const ContestantResult& after) {
  const bool judged = before.launch && before.accuracy.verdict != record::Verdict::unchecked;
  if (!judged) return !before.launch || after.launch;
  return keeps(before.launch, after.launch) && keeps(before.provenance, after.provenance) &&
         keeps(before.runner, after.runner);
}

// The limit of a step follows the machine's limits, which are looked at again.
bool went_on(const ContestantResult& before, const ContestantResult& after) {
  return same(before.contestant, after.contestant) && same(before.cell, after.cell) &&
         begins_with(after.visits, before.visits) && begins_with(after.warm_starts, before.warm_starts) &&
         keeps(before.failure, after.failure) && launch_stays(before, after) &&
         no_better(after.accuracy, before.accuracy) && no_better(after.tensor_errors, before.tensor_errors) &&
         (!before.limit || after.limit) && (!before.complete || after.complete);
}

bool went_on(const Run& before, const Run& after) {
  if (before.complete || before.results.size() > after.results.size()) return false;
  return begins_with(after.looks, before.looks) &&
         std::equal(before.results.begin(), before.results.end(), after.results.begin(),
                    [](const auto& was, const auto& is) { return went_on(was, is); });
}

bool same_results(const ContestantResult& a, const ContestantResult& b) {
  return same(a, b) && a.visits.size() == b.visits.size() && begins_with(a.visits, b.visits);
}

bool same_runs(const Run& a, const Run& b) {
  return same(a, b) && std::ranges::equal(a.results, b.results, same_results);
}

}  // namespace

Relation relation(const Run& run, const Run& other) {
  if (same_runs(run, other)) return Relation::same;
  if (beginning(run) != beginning(other)) return Relation::differs;
  if (went_on(run, other)) return Relation::goes_on;
  return went_on(other, run) ? Relation::came_from : Relation::differs;
}

}  // namespace assay::exchange
