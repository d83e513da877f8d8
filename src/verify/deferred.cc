#include "verify/deferred.h"

#include <fmt/format.h>

#include <algorithm>

#include "verify/thresholds.h"

namespace assay::verify {
namespace {

double allowed_s(const OutputsCost& cost) { return kOutputsSeconds + cost.bytes / kOutputsBytesPerSecond; }

bool is_work(const OutputsCost& cost) {
  return cost.outputs_user_s > allowed_s(cost) && cost.outputs_user_s > cost.step_cpu_s;
}

}  // namespace

std::string deferred_work(std::span<const OutputsCost> costs) {
  if (costs.empty() || !std::ranges::all_of(costs, is_work)) return "";
  const OutputsCost& cost = costs.front();
  return fmt::format(
      "work put off to outputs(): {:.3g} s of user time there, where a step has {:.3g} s of processor time "
      "and writing {:.3g} MB takes at most {:.3g} s",
      cost.outputs_user_s, cost.step_cpu_s, cost.bytes * 1e-6, allowed_s(cost));
}

}  // namespace assay::verify
