// The energy that the processor packages take, where the system has a counter for it and lets this user read
// it: Linux's powercap (RAPL on Intel and AMD). Absent otherwise, never guessed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::host {

// A counter that begins again at 0 after `range_uj`.
struct EnergyCounter {
  std::string name;  // "package-0"
  int64_t uj = 0;    // microjoules
  int64_t range_uj = 0;
};

// The counters of all packages now; empty where there is none, or where one of them cannot be read: a part
// would pass for the whole. `root` is "/" or a test's folder.
[[nodiscard]] std::vector<EnergyCounter> energy_counters(const std::filesystem::path& root = "/");

// Joules between two readings less than one range apart (a quarter of an hour at the least); absent when they
// are not of the same counters, or there are none.
[[nodiscard]] std::optional<double> joules_between(const std::vector<EnergyCounter>& before,
                                                   const std::vector<EnergyCounter>& after);

}  // namespace assay::host
