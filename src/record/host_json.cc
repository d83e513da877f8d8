#include "record/host_json.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "record/optional_json.h"

namespace assay::record {
namespace {

using nlohmann::json;

// Older versions wrote an empty text for what could not be read.
std::optional<std::string> optional_text(JsonFields& fields, const char* key) {
  std::string text = is_given(fields, key) ? fields.text(key) : "";
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::optional<int> optional_int(JsonFields& fields, const char* key) {
  if (!is_given(fields, key)) return std::nullopt;
  return static_cast<int>(
      fields.integer(key, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

std::vector<std::string> texts(JsonFields& fields, const char* key) {
  return is_given(fields, key) ? fields.texts(key) : std::vector<std::string>();
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

CoreGroup read_group(JsonFields& fields) {
  CoreGroup group{.kind = fields.text("kind"), .node = optional_int(fields, "node").value_or(0)};
  const auto cpus = fields.integers("cpus", kMostJsonValues, 0, std::numeric_limits<int>::max());
  group.cpus.assign(cpus.begin(), cpus.end());
  group.mhz = optional_int(fields, "mhz");
  group.highest_mhz = optional_int(fields, "highest_mhz");
  group.governor = optional_text(fields, "governor");
  return group;
}

Host read_host(JsonFields& fields) {
  const auto text = [&](const char* key) { return optional_text(fields, key).value_or(""); };
  Host host{.name = text("name"),
            .os = text("os"),
            .kernel = text("kernel"),
            .arch = text("arch"),
            .cpu = text("cpu")};
  host.cores = optional_int(fields, "cores").value_or(0);
  host.cpus = optional_int(fields, "cpus").value_or(0);
  host.quota_cpus = optional_number(fields, "quota_cpus");
  if (is_given(fields, "core_groups"))
    fields.each("core_groups", [&](JsonFields& group) { host.core_groups.push_back(read_group(group)); });
  host.thermal_events = optional_integer(fields, "thermal_events");
  host.memory_bytes = optional_size(fields, "memory_bytes");
  host.governor = optional_text(fields, "governor");
  host.cpu_design = optional_text(fields, "cpu_design");
  host.cpu_features = texts(fields, "cpu_features");
  host.gpus = texts(fields, "gpus");
  host.isolation_gaps = texts(fields, "isolation_gaps");
  return host;
}

}  // namespace

std::string host_to_json(const Host& host) {
  const json limits = host.limits ? json::parse(limits_to_json(*host.limits)) : json(nullptr);
  return json{{"name", host.name},
              {"os", host.os},
              {"kernel", host.kernel},
              {"arch", host.arch},
              {"cpu", host.cpu},
              {"cpu_design", optional_json(host.cpu_design)},
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
  const auto object = parse_json(text, "host");
  if (!object) return {};
  JsonFields fields(*object, "host", JsonFields::Unknown::allowed);
  Host host = read_host(fields);
  if (!fields.finish()) return {};
  if (const auto limits = object->find("limits"); limits != object->end())
    host.limits = limits_from_json(limits->dump());
  return host;
}

}  // namespace assay::record
