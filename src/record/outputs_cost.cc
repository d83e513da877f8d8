#include "record/outputs_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace assay::record {
namespace {

// Beyond what the second time took, or beyond what writing takes: the larger.
double excess_ns(const OutputsCost& cost) {
  const double writing =
      kWritingTimesCopying * static_cast<double>(cost.copy_ns) + kWritingNs + kWritingTensorNs * cost.tensors;
  return std::max(static_cast<double>(cost.first_ns - cost.second_ns),
                  static_cast<double>(cost.second_ns) - writing);
}

bool late(const OutputsCost& cost) {
  const auto gap = static_cast<double>(cost.first_ns - cost.second_ns);
  return gap > std::max(kPutOffNs, kPutOffShare * cost.step_ns);
}

bool heavy(const OutputsCost& cost) {
  const double writing =
      kWritingTimesCopying * static_cast<double>(cost.copy_ns) + kWritingNs + kWritingTensorNs * cost.tensors;
  return static_cast<double>(cost.second_ns) > writing &&
         static_cast<double>(cost.second_ns) > kPutOffShare * cost.step_ns;
}

bool tells(const OutputsCost& cost) { return cost.others <= kMostOthers; }

}  // namespace

bool put_off(const OutputsCost& cost) { return tells(cost) && (late(cost) || heavy(cost)); }

std::string work_put_off(std::span<const OutputsCost> costs) {
  std::vector<double> excesses;
  for (const auto& cost : costs)
    if (put_off(cost)) excesses.push_back(excess_ns(cost));
  const auto all = static_cast<double>(std::ranges::count_if(costs, tells)),
             found = static_cast<double>(excesses.size());
  if (all < kLeastQuestions || found < kPutOffQuestions * all) return "";
  std::ranges::sort(excesses);
  return fmt::format(
      "work put off to outputs: {:.3g} ms more than writing takes, where a step has {:.3g} ms, in {} of {} "
      "questions",
      excesses[excesses.size() / 2] * 1e-6, costs.back().step_ns * 1e-6, excesses.size(), all);
}

}  // namespace assay::record
