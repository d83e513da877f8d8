#include "host/host.h"

#include <algorithm>
#include <system_error>

#include "host/topology.h"

#ifndef __linux__
#include <thread>

#include "base/clock.h"
#include "host/huge_pages.h"
#include "host/steering.h"
#include "host/surroundings.h"
#include "host/thermal.h"
#endif

namespace assay::host {
namespace fs = std::filesystem;

std::optional<int64_t> free_disk_bytes(const fs::path& path) {
  std::error_code ec;
  fs::path existing = fs::absolute(path, ec);
  while (!ec && !fs::exists(existing, ec) && existing.has_relative_path()) existing = existing.parent_path();
  const fs::space_info space = fs::space(existing, ec);
  if (ec) return std::nullopt;
  return static_cast<int64_t>(space.available);
}

Share share_for(int threads, const fs::path& root) {
  std::vector<Processor> usable = usable_processors(root);
  const bool held = threads > 0 && static_cast<size_t>(threads) < usable.size();
  if (held) usable.resize(static_cast<size_t>(threads));
  Share share{.cpus = {}, .groups = groups_of(usable)};
  if (held)
    for (const Processor& each : usable) share.cpus.push_back(each.cpu);
  std::ranges::sort(share.cpus);
  return share;
}

#ifndef __linux__
// A system nobody has taught us to read: what the language can tell, and nothing else.
record::Host this_machine(const fs::path&) {
  record::Host host;
  const std::vector<Processor> usable = usable_processors();
  host.cores = default_threads(usable, std::nullopt);
  host.cpus = static_cast<int>(usable.size());
  host.core_groups = groups_of(usable);
  return host;
}

void hold_to(const std::vector<int>&) {}

Variables given_environment() { return {}; }

int online_cpus() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

std::optional<int64_t> available_memory_bytes(const fs::path&) { return std::nullopt; }

void prefer_huge_pages(void*, size_t) {}
void collapse_to_huge_pages(void*, size_t) {}
std::optional<int64_t> bytes_in_huge_pages(const void*, size_t) { return std::nullopt; }

std::optional<int64_t> thermal_events(const fs::path&) { return std::nullopt; }

Snapshot snapshot(const fs::path&) {
  Snapshot taken;
  taken.taken_ns = now_ns();
  return taken;
}
#endif

}  // namespace assay::host
