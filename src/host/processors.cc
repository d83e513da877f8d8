#include "host/processors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace assay::host {
namespace {

// The largest of a figure that some may lack; absent where all do.
std::optional<int> highest(const std::vector<Processor>& all, std::optional<int> Processor::* figure) {
  std::optional<int> found;
  for (const Processor& each : all)
    if (const auto& known = each.*figure) found = std::max(found.value_or(0), *known);
  return found;
}

bool under_share(std::optional<int> figure, std::optional<int> of) {
  return figure && of && *figure < kFastShare * *of;
}

// Which of its core's CPUs each is: 0 for the first.
std::map<int, int> places_in_core(std::vector<Processor> usable) {
  std::ranges::sort(usable, {}, &Processor::cpu);
  std::map<int, int> taken, places;
  for (const Processor& each : usable) places[each.cpu] = taken[each.core]++;
  return places;
}

std::map<int, int> fast_cores_of_nodes(const std::vector<Processor>& usable,
                                       const std::map<int, int>& places) {
  std::map<int, int> cores;
  for (const Processor& each : usable) cores[each.node] += !each.efficiency && places.at(each.cpu) == 0;
  return cores;
}

}  // namespace

std::vector<Processor> with_kinds(std::vector<Processor> all) {
  const auto most = highest(all, &Processor::capacity), mhz = highest(all, &Processor::highest_mhz);
  const bool named =
      std::ranges::any_of(all, [](const Processor& each) { return each.core_type == "IntelCore"; });
  for (Processor& each : all) {
    if (named && !each.core_type.empty())
      each.efficiency = each.core_type == "IntelAtom";
    else
      each.efficiency = most ? under_share(each.capacity, most) : under_share(each.highest_mhz, mhz);
  }
  return all;
}

std::vector<Processor> in_order(std::vector<Processor> usable) {
  const auto places = places_in_core(usable);
  const auto nodes = fast_cores_of_nodes(usable, places);
  std::ranges::sort(usable, {}, [&](const Processor& each) {
    return std::tuple(places.at(each.cpu), each.efficiency, -nodes.at(each.node), each.node, each.cpu);
  });
  return usable;
}

int default_threads(const std::vector<Processor>& usable, std::optional<double> quota_cpus) {
  const auto places = places_in_core(usable);
  const auto cores = std::ranges::count_if(
      usable, [&](const Processor& each) { return !each.efficiency && places.at(each.cpu) == 0; });
  // A process may be held to the slow kind: then those are the cores that it has.
  const auto slow = std::ranges::count(places, 0, [](const auto& place) { return place.second; });
  const int all = std::max(1, static_cast<int>(cores > 0 ? cores : slow));
  if (!quota_cpus) return all;
  return std::clamp(static_cast<int>(std::floor(*quota_cpus)), 1, all);
}

std::vector<record::CoreGroup> groups_of(const std::vector<Processor>& used) {
  std::vector<record::CoreGroup> groups;
  std::map<size_t, std::vector<int>> mhz;
  for (const Processor& each : used) {
    const std::string kind = each.efficiency ? "efficiency" : "performance";
    auto found = std::ranges::find_if(groups, [&](const record::CoreGroup& group) {
      return group.kind == kind && group.node == each.node && group.governor == each.governor;
    });
    if (found == groups.end())
      found = groups.insert(groups.end(), {.kind = kind, .node = each.node, .governor = each.governor});
    found->cpus.push_back(each.cpu);
    if (each.highest_mhz) found->highest_mhz = std::max(found->highest_mhz.value_or(0), *each.highest_mhz);
    if (each.mhz) mhz[static_cast<size_t>(found - groups.begin())].push_back(*each.mhz);
  }
  for (const auto& [group, figures] : mhz) {
    double sum = 0;
    for (const int figure : figures) sum += figure;
    groups[group].mhz = static_cast<int>(std::lround(sum / static_cast<double>(figures.size())));
  }
  return groups;
}

}  // namespace assay::host
