#include "report/notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <set>

#include "record/device.h"

namespace assay::report {
namespace {

using Notes = std::vector<std::string>;

void add_governors(const record::Host& host, Notes& notes) {
  std::set<std::string> said;
  for (const record::CoreGroup& group : host.core_groups)
    if (group.governor && group.governor != "performance" && said.insert(*group.governor).second)
      notes.push_back(fmt::format("the CPUs' frequency governor is {}, not performance: clocks may vary",
                                  *group.governor));
}

struct Visits {
  int all = 0, such = 0;
};

Visits visits_where(const record::Run& run, const std::function<bool(const record::Surroundings&)>& such) {
  Visits found;
  for (const auto& entry : run.results)
    for (const auto& visit : entry.visits) {
      ++found.all;
      found.such += such(visit.surroundings);
    }
  return found;
}

void add_hindrances(const record::Run& run, Notes& notes) {
  const auto throttled =
      visits_where(run, [](const auto& surroundings) { return surroundings.throttled.value_or(0) > 0; });
  const std::string quota = run.host.quota_cpus
                                ? fmt::format("the quota of {:.2g} CPUs", *run.host.quota_cpus)
                                : "a quota of CPU time";
  if (throttled.such > 0)
    notes.push_back(
        fmt::format("{} stopped contestants in {} of {} visits", quota, throttled.such, throttled.all));
  const auto hot =
      visits_where(run, [](const auto& surroundings) { return surroundings.thermal_events.value_or(0) > 0; });
  if (hot.such > 0) notes.push_back(fmt::format("heat slowed cores in {} of {} visits", hot.such, hot.all));
}

void add_environment(const record::Run& run, Notes& notes) {
  for (const auto& [name, value] : run.kept_environment)
    notes.push_back(fmt::format("runners got {}={} from the environment", name, value));
  if (!run.unset_environment.empty())
    notes.push_back(fmt::format("runners did without {}, which {} frameworks; --keep-env passes one on",
                                fmt::join(run.unset_environment, ", "),
                                run.unset_environment.size() == 1 ? "steers" : "steer"));
}

void add_wide_affinities(const record::Run& run, Notes& notes) {
  for (const auto& entry : run.results) {
    const int given = record::threads_of(entry.contestant.device).value_or(static_cast<int>(run.cpus.size()));
    if (given == 0) continue;
    int most = 0;
    for (const auto& visit : entry.visits) most = std::max(most, visit.surroundings.cpus.value_or(0));
    if (most > given)
      notes.push_back(fmt::format("{} {}: threads could run on {} CPUs where {} {} given",
                                  entry.contestant.name(), entry.cell.workload, most, given,
                                  given == 1 ? "was" : "were"));
  }
}

std::string gigahertz(int mhz) { return fmt::format("{:.1f} GHz", mhz / 1e3); }

}  // namespace

std::vector<std::string> notes(const record::Host& host) {
  Notes notes;
  add_governors(host, notes);
  if (host.quota_cpus)
    notes.push_back(fmt::format("a control group allows {:.2g} CPUs' time: beyond it everything stands still",
                                *host.quota_cpus));
  if (const int64_t heat = host.thermal_events.value_or(0); heat > 0)
    notes.push_back(fmt::format("heat has slowed cores {} times since the machine was started", heat));
  return notes;
}

std::vector<std::string> notes(const record::Run& run) {
  Notes notes;
  add_governors(run.host, notes);
  add_hindrances(run, notes);
  add_environment(run, notes);
  add_wide_affinities(run, notes);
  return notes;
}

std::string core_groups_text(const record::Host& host) {
  Notes groups;
  for (const record::CoreGroup& group : host.core_groups) {
    std::string text = fmt::format("{} {} CPU{} on NUMA node {}", group.cpus.size(), group.kind,
                                   group.cpus.size() == 1 ? "" : "s", group.node);
    if (group.mhz) text += fmt::format(", {} now", gigahertz(*group.mhz));
    if (group.highest_mhz) text += fmt::format(", at most {}", gigahertz(*group.highest_mhz));
    groups.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(groups, "; "));
}

}  // namespace assay::report
