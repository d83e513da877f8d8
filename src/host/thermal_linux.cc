#ifdef __linux__
#include <algorithm>
#include <set>
#include <string>

#include "host/proc_text.h"
#include "host/thermal.h"

namespace assay::host {
namespace fs = std::filesystem;
namespace {

// The folders of the CPUs that count, in the order of their names; every core counts, and every package as a
// whole, which each of its CPUs repeats.
std::vector<fs::path> counting_folders(const fs::path& root) {
  std::vector<fs::path> folders;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(root / "sys/devices/system/cpu", ec))
    if (fs::exists(entry.path() / "thermal_throttle", ec)) folders.push_back(entry.path());
  std::ranges::sort(folders);
  return folders;
}

std::vector<fs::path> counters(const fs::path& root) {
  std::vector<fs::path> files;
  std::set<std::string> packages, cores;
  for (const fs::path& folder : counting_folders(root)) {
    const std::string package = text_of(folder / "topology/physical_package_id");
    const std::string core = package + " " + text_of(folder / "topology/core_id");
    if (packages.insert(package).second) files.push_back(folder / "thermal_throttle/package_throttle_count");
    if (cores.insert(core).second) files.push_back(folder / "thermal_throttle/core_throttle_count");
  }
  return files;
}

}  // namespace

std::optional<int64_t> thermal_events(const fs::path& root) {
  // Which files there are does not change while the program runs, and mostly there are none: snapshots read
  // them again and again.
  static const std::vector<fs::path> kOfThisMachine = counters("/");
  const std::vector<fs::path> files = root == "/" ? kOfThisMachine : counters(root);
  std::optional<int64_t> events;
  for (const fs::path& file : files)
    if (const auto count = integer_in(text_of(file))) events = events.value_or(0) + *count;
  return events;
}

}  // namespace assay::host
#endif
