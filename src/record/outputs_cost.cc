#include "record/outputs_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace assay::record {
namespace {

// By how much the first time was longer than the second.
double gap_ns(const OutputsCost& cost) { return static_cast<double>(cost.first_ns - cost.second_ns); }

// By how much the second was longer than writing takes.
double beyond_writing_ns(const OutputsCost& cost) {
  return static_cast<double>(cost.second_ns) - kWritingTimesCopying * static_cast<double>(cost.copy_ns) -
         kWritingNs - kWritingTensorNs * cost.tensors;
}

bool late(const OutputsCost& cost) { return gap_ns(cost) > std::max(kPutOffNs, kPutOffShare * cost.step_ns); }

bool heavy(const OutputsCost& cost) {
  return beyond_writing_ns(cost) > 0 && static_cast<double>(cost.second_ns) > kPutOffShare * cost.step_ns;
}

bool tells(const OutputsCost& cost) { return cost.others <= kMostOthers; }

}  // namespace

bool put_off(const OutputsCost& cost) { return tells(cost) && (late(cost) || heavy(cost)); }

std::string work_put_off(std::span<const OutputsCost> costs) {
  std::vector<double> excesses;
  for (const auto& cost : costs)
    if (put_off(cost)) excesses.push_back(std::max(gap_ns(cost), beyond_writing_ns(cost)));
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
