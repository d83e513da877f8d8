#include "report/site.h"

#include <nlohmann/json.hpp>

#include "record/host_json.h"
#include "report/site_names.h"

namespace assay::report {
namespace {

using nlohmann::ordered_json;

// Without the limits, which have a hundred readings.
ordered_json host_of(record::Host host) {
  host.limits.reset();
  return ordered_json::parse(record::host_to_json(host));
}

ordered_json machine_of(const SiteMachine& machine) {
  return {{"host", host_of(machine.host)},
          {"file", machine.file},
          {"newest", machine.newest},
          {"runs", machine.runs},
          {"results", machine.results}};
}

// What a page tells a machine by.
ordered_json link_to(const SiteMachine& machine) {
  const auto& design = machine.host.cpu_design;
  return {{"name", machine.host.name},
          {"cpu", machine.host.cpu},
          {"cpu_design", design ? ordered_json(*design) : ordered_json(nullptr)},
          {"file", machine.file}};
}

ordered_json link_to(const SiteModel& model) { return {{"name", model.name}, {"file", model.file}}; }

ordered_json cell_of(const SiteCell& one) {
  const decide::Leaders& leaders = one.leaders;
  const auto& ranking = leaders.ranking;
  return {{"machine", one.machine},
          {"model", one.model},
          {"size", one.cell.size},
          {"workload", one.cell.workload},
          {"precision", one.cell.precision},
          {"threads", one.threads},
          {"ranking", ranking ? ordered_json(record::name(*ranking)) : ordered_json(nullptr)},
          {"first", leaders.names},
          {"said", stats::name(leaders.said)},
          {"median_ms", ranking ? ordered_json(leaders.median_ms) : ordered_json(nullptr)},
          {"ranked", leaders.ranked},
          {"open", leaders.open},
          {"contestants", leaders.contestants}};
}

std::string text(const ordered_json& document) {
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string index_json(const Site& site) {
  ordered_json machines = ordered_json::array(), models = machines, cells = machines;
  for (const SiteMachine& machine : site.machines) machines.push_back(machine_of(machine));
  for (const SiteModel& model : site.models) models.push_back(link_to(model));
  for (const SiteCell& cell : site.cells) cells.push_back(cell_of(cell));
  return text({{"schema", 1},
               {"made", site.made},
               {"assay", site.assay},
               {"machines", machines},
               {"models", models},
               {"cells", cells}});
}

std::string place_json(const Site& site, SitePage kind, const std::vector<size_t>& models) {
  ordered_json machines = ordered_json::array(), those_models = machines;
  for (const SiteMachine& machine : site.machines) machines.push_back(link_to(machine));
  for (const size_t i : models) those_models.push_back(link_to(site.models[i]));
  return text({{"page", kind == SitePage::model ? "model" : "machine"},
               {"index", kIndexFile},
               {"machines", machines},
               {"models", those_models}});
}

}  // namespace assay::report
