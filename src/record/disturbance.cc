#include "record/disturbance.h"

#include <algorithm>

namespace assay::record {

bool disturbed(const Surroundings& surroundings) {
  if (surroundings.suspended_s.value_or(0) > kMostSuspendedSeconds) return true;
  if (surroundings.steal.value_or(0) > kMostSteal) return true;
  if (surroundings.throttled.value_or(0) > kMostThrottled) return true;
  return surroundings.cpu_pressure.value_or(0) > kMostPressure &&
         surroundings.other_cpus.value_or(1) > kMostOtherCpus;
}

double excused_share(const Surroundings& surroundings, int cpus) {
  const double others = surroundings.other_cpus.value_or(0) / std::max(1, cpus);
  const double waited = std::min(surroundings.cpu_pressure.value_or(0), others);
  return std::clamp(waited + surroundings.steal.value_or(0), 0.0, 1.0);
}

}  // namespace assay::record
