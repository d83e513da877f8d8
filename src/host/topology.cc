#include "host/topology.h"

#include <hwloc.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace assay::host {
namespace fs = std::filesystem;
namespace {

struct Destroy {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
  void operator()(hwloc_bitmap_t bitmap) const { hwloc_bitmap_free(bitmap); }
};
using Topology = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, Destroy>;
using Bitmap = std::unique_ptr<std::remove_pointer_t<hwloc_bitmap_t>, Destroy>;

// hwloc takes another root from the environment alone, and asks the processor itself unless it is told not
// to. For tests, which have one thread.
class OtherRoot {
 public:
  explicit OtherRoot(const fs::path& root) : other_(root != "/") {
    if (!other_) return;
    ::setenv("HWLOC_FSROOT", root.c_str(), 1);
    ::setenv("HWLOC_COMPONENTS", "-x86", 1);
  }
  ~OtherRoot() {
    if (!other_) return;
    ::unsetenv("HWLOC_FSROOT");
    ::unsetenv("HWLOC_COMPONENTS");
  }
  OtherRoot(const OtherRoot&) = delete;
  OtherRoot& operator=(const OtherRoot&) = delete;

 private:
  bool other_;
};

Topology load(const fs::path& root) {
  const OtherRoot other(root);
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) return nullptr;
  Topology owned(topology);
  if (hwloc_topology_load(topology) != 0) return nullptr;
  return owned;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

// What hwloc knows of the kind of CPU; the names are those of its documentation (topoattrs_cpukinds).
void add_kind(hwloc_topology_t topology, hwloc_const_bitmap_t cpus, Processor& processor) {
  const int kind = hwloc_cpukinds_get_by_cpuset(topology, cpus, 0);
  unsigned count = 0;
  hwloc_info_s* infos = nullptr;
  if (kind < 0 || hwloc_cpukinds_get_info(topology, static_cast<unsigned>(kind), nullptr, nullptr, &count,
                                          &infos, 0) != 0)
    return;
  for (unsigned i = 0; i < count; ++i) {
    const std::string_view name = infos[i].name, value = infos[i].value;
    if (name == "CoreType") processor.core_type = value;
    if (name == "LinuxCapacity") processor.capacity = number(value);
    if (name == "FrequencyMaxMHz") processor.highest_mhz = number(value);
  }
}

Processor read(hwloc_topology_t topology, hwloc_obj_t unit) {
  Processor processor{.cpu = static_cast<int>(unit->os_index)};
  const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, unit);
  // Without cores each is its own; negative numbers meet none of hwloc's.
  processor.core = core != nullptr ? static_cast<int>(core->logical_index) : -1 - processor.cpu;
  processor.node = std::max(0, hwloc_bitmap_first(unit->nodeset));
  add_kind(topology, unit->cpuset, processor);
  return processor;
}

std::vector<Processor> all_processors(const fs::path& root) {
  std::vector<Processor> all;
  const Topology topology = load(root);
  if (!topology) return all;
  const int units = hwloc_get_nbobjs_by_type(topology.get(), HWLOC_OBJ_PU);
  for (int i = 0; i < units; ++i)
    all.push_back(
        read(topology.get(), hwloc_get_obj_by_type(topology.get(), HWLOC_OBJ_PU, static_cast<unsigned>(i))));
  return all;
}

void name_kinds(const fs::path& root, std::vector<Processor>& all) {
  const auto slow = named_efficiency_cpus(root);
  if (slow.empty()) return;
  for (Processor& each : all)
    each.core_type = std::ranges::find(slow, each.cpu) != slow.end() ? "IntelAtom" : "IntelCore";
}

}  // namespace

std::vector<Processor> usable_processors(const fs::path& root) {
  std::vector<Processor> all = all_processors(root);
  name_kinds(root, all);
  all = with_kinds(std::move(all));  // before any is left out: fast is said of the whole machine
  if (const auto allowed = allowed_cpus(root)) {
    const auto may = [&](const Processor& each) {
      return std::ranges::find(*allowed, each.cpu) != allowed->end();
    };
    std::erase_if(all, [&](const Processor& each) { return !may(each); });
    if (all.empty())
      for (const int cpu : *allowed) all.push_back({.cpu = cpu, .core = cpu});
  }
  for (Processor& each : all) add_frequency(root, each);
  return in_order(std::move(all));
}

#ifndef __linux__
std::optional<std::vector<int>> allowed_cpus(const fs::path&) { return std::nullopt; }
std::vector<int> named_efficiency_cpus(const fs::path&) { return {}; }
void add_frequency(const fs::path&, Processor&) {}
#endif

}  // namespace assay::host
