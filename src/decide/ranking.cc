#include "decide/ranking.h"

#include <algorithm>
#include <array>
#include <climits>

namespace assay::decide {
namespace {

using record::Verdict;

constexpr std::array kClasses = {Verdict::exact, Verdict::f32_fast, Verdict::reduced, Verdict::quantised};

// The positions of those of which `is` holds, a list for each class.
template <class Is>
std::vector<std::vector<size_t>> by_class(size_t count, const Is& is) {
  std::vector<std::vector<size_t>> classes;
  for (const Verdict verdict : kClasses) {
    std::vector<size_t> members;
    for (size_t i = 0; i < count; ++i)
      if (is(i, verdict)) members.push_back(i);
    if (!members.empty()) classes.push_back(std::move(members));
  }
  return classes;
}

}  // namespace

bool is_class(Verdict verdict) { return std::ranges::find(kClasses, verdict) != kClasses.end(); }

bool is_ranked(const Summary& summary) {
  const record::ContestantResult& result = *summary.result;
  return summary.time_ms && !result.failure && result.outcome == record::Outcome::ok &&
         is_class(result.accuracy.verdict);
}

std::vector<std::vector<size_t>> rankings(std::span<const Summary> cell) {
  auto classes = by_class(cell.size(), [&](size_t i, Verdict verdict) {
    return is_ranked(cell[i]) && cell[i].result->accuracy.verdict == verdict;
  });
  for (auto& members : classes)
    std::ranges::stable_sort(members, {}, [&](size_t i) { return cell[i].time_ms->median; });
  return classes;
}

std::vector<size_t> ranking(std::span<const Summary> cell) {
  std::vector<size_t> order;
  for (auto& members : rankings(cell)) {
    std::ranges::stable_sort(members, {}, [&](size_t i) { return cell[i].place.number.value_or(INT_MAX); });
    order.insert(order.end(), members.begin(), members.end());
  }
  for (size_t i = 0; i < cell.size(); ++i)
    if (!is_ranked(cell[i])) order.push_back(i);
  return order;
}

std::vector<std::vector<size_t>> comparable_groups(std::span<const Verdict> verdicts) {
  return by_class(verdicts.size(), [&](size_t i, Verdict verdict) { return verdicts[i] == verdict; });
}

}  // namespace assay::decide
