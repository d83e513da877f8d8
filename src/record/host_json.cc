#include "record/host_json.h"

#include <nlohmann/json.hpp>

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

}  // namespace

std::string host_to_json(const Host& host) {
  const json limits = host.limits ? json::parse(limits_to_json(*host.limits)) : json(nullptr);
  return json{{"name", host.name},
              {"os", host.os},
              {"kernel", host.kernel},
              {"arch", host.arch},
              {"cpu", host.cpu},
              {"cores", host.cores},
              {"memory_bytes", host.memory_bytes},
              {"governor", host.governor},
              {"cpu_features", host.cpu_features},
              {"gpus", host.gpus},
              {"isolation_gaps", host.isolation_gaps},
              {"limits", limits}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Host host_from_json(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  Host host;
  if (!object.is_object()) return host;
  read(object, "name", host.name);
  read(object, "os", host.os);
  read(object, "kernel", host.kernel);
  read(object, "arch", host.arch);
  read(object, "cpu", host.cpu);
  read(object, "cores", host.cores);
  read(object, "memory_bytes", host.memory_bytes);
  read(object, "governor", host.governor);
  read(object, "cpu_features", host.cpu_features);
  read(object, "gpus", host.gpus);
  read(object, "isolation_gaps", host.isolation_gaps);
  if (const auto limits = object.find("limits"); limits != object.end())
    host.limits = limits_from_json(limits->dump());
  return host;
}

}  // namespace assay::record
