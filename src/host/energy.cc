#include "host/energy.h"

namespace assay::host {

std::optional<double> joules_between(const std::vector<EnergyCounter>& before,
                                     const std::vector<EnergyCounter>& after) {
  if (before.empty() || before.size() != after.size()) return std::nullopt;
  int64_t uj = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].name != after[i].name) return std::nullopt;
    int64_t used = after[i].uj - before[i].uj;
    if (used < 0) used += after[i].range_uj;
    if (used < 0) return std::nullopt;
    uj += used;
  }
  return static_cast<double>(uj) * 1e-6;
}

#ifndef __linux__
std::vector<EnergyCounter> energy_counters(const std::filesystem::path&) { return {}; }
#endif

}  // namespace assay::host
