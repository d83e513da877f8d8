#ifdef __linux__
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <set>

#include "host/host.h"
#include "host/proc_text.h"

namespace assay::host {
namespace {

std::vector<int> allowed() {
  std::vector<int> cpus;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(static_cast<size_t>(cpu), &set)) cpus.push_back(cpu);
  return cpus;
}

// CPUs of one core have the same text here: "0,4" or "0-1". Unknown: a core of its own.
std::string core_of(int cpu, const std::filesystem::path& root) {
  const auto path = root / fmt::format("sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu);
  const std::string text = text_of(path);
  return text.empty() ? fmt::format("cpu {}", cpu) : text;
}

}  // namespace

std::vector<int> cpus_for(int count, const std::filesystem::path& root) {
  std::vector<int> first, second;
  std::set<std::string> cores;
  for (const int cpu : allowed()) (cores.insert(core_of(cpu, root)).second ? first : second).push_back(cpu);
  first.insert(first.end(), second.begin(), second.end());
  first.resize(std::min(first.size(), static_cast<size_t>(std::max(count, 0))));
  std::ranges::sort(first);
  return first;
}

}  // namespace assay::host
#endif
