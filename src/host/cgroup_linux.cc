#ifdef __linux__
#include "host/cgroup_linux.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "host/proc_text.h"

namespace assay::host {
namespace fs = std::filesystem;
namespace {

template <class Number>
void tighten(std::optional<Number>& limit, std::optional<Number> other) {
  if (other) limit = limit ? std::min(*limit, *other) : *other;
}

// The group's folder and those above it, up to the mount. Inside a container the path may lead outside what
// is mounted: folders that do not exist are read as absent limits.
std::vector<fs::path> folders_upwards(const fs::path& mount, const std::string& group) {
  std::vector<fs::path> folders;
  for (fs::path below = fs::path(group).relative_path(); !below.empty(); below = below.parent_path())
    folders.push_back(mount / below);
  folders.push_back(mount);
  return folders;
}

std::optional<int64_t> bytes_in(const fs::path& file) {
  // cgroup v1 says "no limit" as the largest multiple of the page size.
  constexpr int64_t kUnlimited = int64_t{1} << 60;
  const auto bytes = integer_in(text_of(file));
  return bytes && *bytes > 0 && *bytes < kUnlimited ? bytes : std::nullopt;
}

// Use that could not be reclaimed: all of it less file pages not used lately.
std::optional<int64_t> available(std::optional<int64_t> limit, const fs::path& use_file,
                                 const fs::path& stat_file, std::string_view inactive_key) {
  const auto used = integer_in(text_of(use_file));
  if (!limit || !used) return std::nullopt;
  int64_t inactive = 0;
  if (const auto value = value_of(text_of(stat_file), inactive_key, ' '))
    inactive = integer_in(*value).value_or(0);
  return std::max<int64_t>(0, *limit - std::max<int64_t>(0, *used - inactive));
}

void add_v2(const fs::path& folder, CgroupLimits& limits) {
  const std::string max = text_of(folder / "cpu.max");  // "200000 100000" or "max 100000"
  const auto words = words_of(max);
  if (words.size() == 2) {
    const auto quota = number_in(words[0]), period = number_in(words[1]);
    if (quota && period && *period > 0) tighten(limits.cpus, std::optional(*quota / *period));
  }
  const auto limit = bytes_in(folder / "memory.max");
  tighten(limits.memory_bytes, limit);
  tighten(limits.memory_available_bytes,
          available(limit, folder / "memory.current", folder / "memory.stat", "inactive_file"));
}

void add_v1_cpu(const fs::path& folder, CgroupLimits& limits) {
  const auto quota = number_in(text_of(folder / "cpu.cfs_quota_us"));
  const auto period = number_in(text_of(folder / "cpu.cfs_period_us"));
  if (quota && period && *quota > 0 && *period > 0) tighten(limits.cpus, std::optional(*quota / *period));
}

void add_v1_memory(const fs::path& folder, CgroupLimits& limits) {
  const auto limit = bytes_in(folder / "memory.limit_in_bytes");
  tighten(limits.memory_bytes, limit);
  tighten(limits.memory_available_bytes,
          available(limit, folder / "memory.usage_in_bytes", folder / "memory.stat", "total_inactive_file"));
}

std::optional<int64_t> periods_in(const fs::path& folder) {
  const auto value = value_of(text_of(folder / "cpu.stat"), "nr_throttled", ' ');
  return value ? integer_in(*value) : std::nullopt;
}

}  // namespace

std::optional<std::string> group_path(std::string_view lines, std::string_view controller) {
  for (const std::string_view line : words_of(lines)) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string list = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    if (list == "," + std::string(controller) + "," ||
        list.find("," + std::string(controller) + ",") != std::string::npos)
      return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

std::optional<int64_t> throttled_periods(const fs::path& root) {
  const std::string groups = text_of(root / "proc/self/cgroup");
  const fs::path mount = root / "sys/fs/cgroup";
  std::optional<int64_t> periods;
  for (const auto& [controller, folder] : {std::pair{"", mount}, std::pair{"cpu", mount / "cpu"}}) {
    const auto group = group_path(groups, controller);
    if (!group) continue;
    for (const fs::path& each : folders_upwards(folder, *group))
      if (const auto found = periods_in(each)) periods = periods.value_or(0) + *found;
  }
  return periods;
}

CgroupLimits cgroup_limits(const fs::path& root) {
  CgroupLimits limits;
  const std::string groups = text_of(root / "proc/self/cgroup");
  const fs::path mount = root / "sys/fs/cgroup";
  if (const auto group = group_path(groups, ""))
    for (const fs::path& folder : folders_upwards(mount, *group)) add_v2(folder, limits);
  if (const auto group = group_path(groups, "cpu"))
    for (const fs::path& folder : folders_upwards(mount / "cpu", *group)) add_v1_cpu(folder, limits);
  if (const auto group = group_path(groups, "memory"))
    for (const fs::path& folder : folders_upwards(mount / "memory", *group)) add_v1_memory(folder, limits);
  return limits;
}

}  // namespace assay::host
#endif
