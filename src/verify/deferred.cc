#include "verify/deferred.h"

#include <fmt/format.h>

#include "verify/thresholds.h"

namespace assay::verify {

std::string deferred_work(const OutputsCost& cost) {
  const double allowed_s = kOutputsSeconds + cost.bytes / kOutputsBytesPerSecond;
  if (cost.outputs_cpu_s <= allowed_s || cost.outputs_cpu_s <= cost.step_cpu_s) return "";
  return fmt::format(
      "work put off to outputs(): {:.3g} s of processor time there, where a step has {:.3g} s and writing "
      "{:.3g} MB "
      "takes at most {:.3g} s",
      cost.outputs_cpu_s, cost.step_cpu_s, cost.bytes * 1e-6, allowed_s);
}

}  // namespace assay::verify
