#include "host/host.h"

#include <system_error>

#ifndef __linux__
#include <thread>

#include "base/clock.h"
#include "host/huge_pages.h"
#include "host/surroundings.h"
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

#ifndef __linux__
// A system nobody has taught us to read: what the language can tell, and nothing else.
record::Host facts(const fs::path&) {
  record::Host host;
  host.cores = static_cast<int>(std::thread::hardware_concurrency());
  return host;
}

std::optional<int64_t> available_memory_bytes(const fs::path&) { return std::nullopt; }

void prefer_huge_pages(void*, size_t) {}
void collapse_to_huge_pages(void*, size_t) {}
std::optional<int64_t> bytes_in_huge_pages(const void*, size_t) { return std::nullopt; }

Snapshot snapshot(const fs::path&) {
  Snapshot taken;
  taken.taken_ns = now_ns();
  return taken;
}
#endif

}  // namespace assay::host
