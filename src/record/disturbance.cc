#include "record/disturbance.h"

namespace assay::record {

bool disturbed(const Surroundings& surroundings) {
  if (surroundings.suspended_s.value_or(0) > kMostSuspendedSeconds) return true;
  if (surroundings.steal.value_or(0) > kMostSteal) return true;
  return surroundings.cpu_pressure.value_or(0) > kMostPressure &&
         surroundings.other_cpus.value_or(1) > kMostOtherCpus;
}

}  // namespace assay::record
