#include "host/memory_levels.h"

#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <memory>

namespace assay::host {
namespace {

struct Destroy {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, Destroy>;

// hwloc shows the CPUs that the process may use, and the caches above them.
Topology load() {
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) return nullptr;
  Topology owned(topology);
  hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
  if (hwloc_topology_load(topology) != 0) return nullptr;
  return owned;
}

// What threads that run on different caches of this level have together.
int64_t capacity(hwloc_topology_t topology, int depth, int threads) {
  const int caches = static_cast<int>(hwloc_get_nbobjs_by_depth(topology, depth));
  int64_t bytes = 0;
  for (int i = 0; i < std::min(caches, threads); ++i)
    bytes += static_cast<int64_t>(
        hwloc_get_obj_by_depth(topology, depth, static_cast<unsigned>(i))->attr->cache.size);
  return bytes;
}

}  // namespace

std::vector<record::MemoryLevel> memory_levels(int threads) {
  std::vector<record::MemoryLevel> levels;
  const Topology topology = load();
  for (const unsigned level : {1U, 2U, 3U, 4U}) {
    if (!topology) break;
    const int depth = hwloc_get_cache_type_depth(topology.get(), level, HWLOC_OBJ_CACHE_DATA);
    if (depth < 0) continue;
    const int64_t bytes = capacity(topology.get(), depth, threads);
    if (bytes > (levels.empty() ? 0 : levels.back().bytes.value_or(0)))
      levels.push_back({fmt::format("L{}", level), bytes, 0, std::nullopt});
  }
  levels.push_back({"DRAM", std::nullopt, 0, std::nullopt});
  return levels;
}

}  // namespace assay::host
