#ifdef __linux__
#include <sys/mman.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>

#include "host/huge_pages.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1; older ones refuse it
#endif

namespace assay::host {

void prefer_huge_pages(void* begin, size_t bytes) { (void)::madvise(begin, bytes, MADV_HUGEPAGE); }

void collapse_to_huge_pages(void* begin, size_t bytes) { (void)::madvise(begin, bytes, MADV_COLLAPSE); }

std::optional<int64_t> bytes_in_huge_pages(const void* begin, size_t bytes) {
  std::ifstream smaps("/proc/self/smaps");
  const auto first = reinterpret_cast<uint64_t>(begin), last = first + bytes;
  std::optional<int64_t> found;
  uint64_t from = 0, to = 0, kilobytes = 0;
  for (std::string line; std::getline(smaps, line);) {
    // The name of a figure may begin like a number, too.
    if (uint64_t a = 0, b = 0; std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " ", &a, &b) == 2) {
      from = a;
      to = b;
      continue;
    }
    if (std::sscanf(line.c_str(), "AnonHugePages: %" SCNu64 " kB", &kilobytes) != 1) continue;
    const uint64_t shared_first = std::max(from, first), shared_last = std::min(to, last);
    if (shared_first >= shared_last) continue;
    // A mapping may reach beyond the range; what may lie there does not count.
    const uint64_t large = kilobytes * 1024, beyond = (to - from) - (shared_last - shared_first);
    found = found.value_or(0) + static_cast<int64_t>(large > beyond ? large - beyond : 0);
  }
  return found;
}

}  // namespace assay::host
#endif
