#include "record/host_json.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "record/optional_json.h"

namespace assay::record {
namespace {

using nlohmann::json;

template <class T>
void read(const json& object, const char* key, T& target) {
  const auto found = object.find(key);
  if (found == object.end()) return;
  try {
    target = found->get<T>();
  } catch (const json::exception&) {
    target = T();
  }
}

template <class T>
void read(const json& object, const char* key, std::optional<T>& target) {
  const auto found = object.find(key);
  if (found != object.end() && found->is_number()) target = found->get<T>();
}

// Older versions wrote an empty text for what could not be read.
void read(const json& object, const char* key, std::optional<std::string>& target) {
  std::string text;
  read(object, key, text);
  if (!text.empty()) target = std::move(text);
}

// And 0 for a size that is not known.
void read_size(const json& object, const char* key, std::optional<int64_t>& target) {
  read(object, key, target);
  if (target == 0) target.reset();
}

json groups_to_json(const std::vector<CoreGroup>& groups) {
  json list = json::array();
  for (const CoreGroup& group : groups)
    list.push_back({{"kind", group.kind},
                    {"node", group.node},
                    {"cpus", group.cpus},
                    {"mhz", optional_json(group.mhz)},
                    {"highest_mhz", optional_json(group.highest_mhz)},
                    {"governor", optional_json(group.governor)}});
  return list;
}

std::vector<CoreGroup> groups_from_json(const json& object) {
  std::vector<CoreGroup> groups;
  const auto found = object.find("core_groups");
  if (found == object.end() || !found->is_array()) return groups;
  for (const json& each : *found) {
    if (!each.is_object()) continue;
    CoreGroup& group = groups.emplace_back();
    read(each, "kind", group.kind);
    read(each, "node", group.node);
    read(each, "cpus", group.cpus);
    read(each, "mhz", group.mhz);
    read(each, "highest_mhz", group.highest_mhz);
    read(each, "governor", group.governor);
  }
  return groups;
}

}  // namespace

std::string host_to_json(const Host& host) {
  const json limits = host.limits ? json::parse(limits_to_json(*host.limits)) : json(nullptr);
  return json{{"name", host.name},
              {"os", host.os},
              {"kernel", host.kernel},
              {"arch", host.arch},
              {"cpu", host.cpu},
              {"cores", host.cores},
              {"cpus", host.cpus},
              {"quota_cpus", optional_json(host.quota_cpus)},
              {"core_groups", groups_to_json(host.core_groups)},
              {"thermal_events", optional_json(host.thermal_events)},
              {"memory_bytes", optional_json(host.memory_bytes)},
              {"governor", optional_json(host.governor)},
              {"cpu_features", host.cpu_features},
              {"gpus", host.gpus},
              {"isolation_gaps", host.isolation_gaps},
              {"limits", limits}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Host host_from_json(std::string_view text) {
  Host host;
  const auto parsed = parse_json(text, "host");
  if (!parsed || !parsed->is_object()) return host;
  const json& object = *parsed;
  read(object, "name", host.name);
  read(object, "os", host.os);
  read(object, "kernel", host.kernel);
  read(object, "arch", host.arch);
  read(object, "cpu", host.cpu);
  read(object, "cores", host.cores);
  read(object, "cpus", host.cpus);
  read(object, "quota_cpus", host.quota_cpus);
  host.core_groups = groups_from_json(object);
  read(object, "thermal_events", host.thermal_events);
  read_size(object, "memory_bytes", host.memory_bytes);
  read(object, "governor", host.governor);
  read(object, "cpu_features", host.cpu_features);
  read(object, "gpus", host.gpus);
  read(object, "isolation_gaps", host.isolation_gaps);
  if (const auto limits = object.find("limits"); limits != object.end())
    host.limits = limits_from_json(limits->dump());
  return host;
}

}  // namespace assay::record
