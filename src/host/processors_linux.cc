#ifdef __linux__
#include <fmt/format.h>

#include "host/proc_text.h"
#include "host/topology.h"

namespace assay::host {
namespace fs = std::filesystem;
namespace {

std::optional<int> mhz_in(const fs::path& file) {
  constexpr int64_t kKilohertz = 1000;
  const auto khz = integer_in(text_of(file));
  return khz && *khz > 0 ? std::optional(static_cast<int>(*khz / kKilohertz)) : std::nullopt;
}

}  // namespace

std::optional<std::vector<int>> allowed_cpus(const fs::path& root) {
  const auto list = value_of(text_of(root / "proc/self/status"), "Cpus_allowed_list", ':');
  return list ? std::optional(numbers_of_list(*list)) : std::nullopt;
}

// The counters of a hybrid processor's kinds are devices of their own, which list their CPUs.
std::vector<int> named_efficiency_cpus(const fs::path& root) {
  if (text_of(root / "sys/devices/cpu_core/cpus").empty()) return {};
  return numbers_of_list(text_of(root / "sys/devices/cpu_atom/cpus"));
}

void add_frequency(const fs::path& root, Processor& processor) {
  const fs::path folder = root / fmt::format("sys/devices/system/cpu/cpu{}/cpufreq", processor.cpu);
  if (auto governor = text_of(folder / "scaling_governor"); !governor.empty())
    processor.governor = std::move(governor);
  processor.mhz = mhz_in(folder / "scaling_cur_freq");
  if (const auto highest = mhz_in(folder / "scaling_max_freq")) processor.highest_mhz = highest;
}

}  // namespace assay::host
#endif
