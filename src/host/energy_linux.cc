#ifdef __linux__
#include <algorithm>

#include "host/energy.h"
#include "host/proc_text.h"

namespace assay::host {
namespace fs = std::filesystem;
namespace {

std::optional<int64_t> number_of(const fs::path& file) { return integer_in(text_of(file)); }

}  // namespace

// /sys/class/powercap/intel-rapl:0 is a package, intel-rapl:0:1 a part of it; AMD's counters have the same
// names. "psys" counts the packages once more, with what is around them. The kernel's powercap documentation.
std::vector<EnergyCounter> energy_counters(const fs::path& root) {
  std::vector<EnergyCounter> counters;
  std::error_code ec;
  for (fs::directory_iterator it(root / "sys/class/powercap", ec), end; !ec && it != end; it.increment(ec)) {
    const std::string zone = it->path().filename().string();
    if (!zone.starts_with("intel-rapl:") || std::ranges::count(zone, ':') != 1) continue;
    const std::string name = text_of(it->path() / "name");
    if (!name.starts_with("package")) continue;
    const auto uj = number_of(it->path() / "energy_uj"),
               range = number_of(it->path() / "max_energy_range_uj");
    if (!uj || !range) return {};
    counters.push_back({name, *uj, *range});
  }
  std::ranges::sort(counters, {}, &EnergyCounter::name);
  return counters;
}

}  // namespace assay::host
#endif
