#include "record/outputs_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace assay::record {
namespace {

struct Times {
  double parts_ns = 0, second_ns = 0;
};

// By how much the second was longer than writing takes.
double beyond_writing_ns(const OutputsCost& cost, const Times& times) {
  return times.second_ns - kWritingTimesCopying * static_cast<double>(cost.copy_ns) - kWritingNs -
         kWritingTensorNs * cost.tensors;
}

// By how much these times are longer than those of a runner that only writes; 0 where a part of a step or
// `least_ns` explains it.
double excess_ns(const OutputsCost& cost, const Times& times, double least_ns) {
  const double tolerated_ns = std::max(least_ns, kPutOffShare * cost.step_ns);
  const double gap_ns = times.parts_ns - times.second_ns;
  const double late_ns = gap_ns > tolerated_ns ? gap_ns : 0;
  const double heavy_ns = times.second_ns > tolerated_ns ? beyond_writing_ns(cost, times) : 0;
  return std::max({late_ns, heavy_ns, 0.0});
}

// The same of a question, where it tells anything.
std::optional<double> excess_ns(const OutputsCost& cost) {
  const Times wall{static_cast<double>(cost.parts_ns), static_cast<double>(cost.second_ns)};
  const double by_wall_ns = excess_ns(cost, wall, kPutOffNs);
  if (cost.others <= kMostOthers) return by_wall_ns;
  if (!cost.first_cpu_ns || !cost.second_cpu_ns) return std::nullopt;
  const Times computed{static_cast<double>(*cost.first_cpu_ns), static_cast<double>(*cost.second_cpu_ns)};
  return std::min(by_wall_ns, excess_ns(cost, computed, kPutOffCpuNs));
}

// How much longer than they should be several questions may seem for the kernel's time that was left out.
double unknown_ns(double kernel_ns, size_t questions) {
  if (kernel_ns <= 0) return 0;
  return kTicksNs * std::sqrt(static_cast<double>(questions)) + kKernelShare * kernel_ns;
}

}  // namespace

bool put_off(const OutputsCost& cost) {
  OutputsCost whole = cost;
  if (static_cast<double>(cost.kernel_ns) <= kTicksNs) whole.parts_ns += cost.kernel_ns;
  return excess_ns(whole).value_or(0) > 0;
}

std::string work_put_off(std::span<const OutputsCost> costs) {
  std::vector<double> excesses;
  double kernel_ns = 0;  // in those
  int all = 0;           // questions that tell something
  for (const auto& cost : costs) {
    const auto excess = excess_ns(cost);
    if (!excess) continue;
    ++all;
    if (*excess <= 0) continue;
    excesses.push_back(*excess);
    kernel_ns += static_cast<double>(cost.kernel_ns);
  }
  if (all < kLeastQuestions || static_cast<double>(excesses.size()) < kPutOffQuestions * all) return "";
  if (std::accumulate(excesses.begin(), excesses.end(), 0.0) <= unknown_ns(kernel_ns, excesses.size()))
    return "";
  std::ranges::sort(excesses);
  return fmt::format(
      "work put off to outputs: {:.3g} ms more than writing takes, where a step has {:.3g} ms, in {} of {} "
      "questions",
      excesses[excesses.size() / 2] * 1e-6, costs.back().step_ns * 1e-6, excesses.size(), all);
}

}  // namespace assay::record
