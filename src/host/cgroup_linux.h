// What the control group of this process leaves it: CPU time and memory, from cgroup v2 or v1. Containers and
// job schedulers limit a process this way without changing what /proc/meminfo and the number of CPUs say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace assay::host {

struct CgroupLimits {
  std::optional<double> cpus;           // quota / period; absent: unlimited
  std::optional<int64_t> memory_bytes;  // absent: unlimited
  std::optional<int64_t>
      memory_available_bytes;  // limit less use that cannot be reclaimed; absent: unlimited
};

// The group that a process is in, in the hierarchy of `controller`, by the text of its /proc/PID/cgroup:
// lines "id:controllers:path". "" asks for the unified hierarchy of v2. Absent: there is no such hierarchy.
[[nodiscard]] std::optional<std::string> group_path(std::string_view lines, std::string_view controller);

// The tightest limits of the process's group and all groups above it, as far as they are visible. `root` is
// "/" or a test's folder.
[[nodiscard]] CgroupLimits cgroup_limits(const std::filesystem::path& root);

// Periods in which the quota of CPU time was used up, of all these groups since each was made: whatever runs
// in them was stopped until the period's end. Absent where no group counts them.
[[nodiscard]] std::optional<int64_t> throttled_periods(const std::filesystem::path& root);

}  // namespace assay::host
