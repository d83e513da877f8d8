#include "record/limits.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace assay::record {
namespace {

using nlohmann::json;

json to_json(const Limits& limits) {
  json peaks = json::array(), levels = json::array(), bandwidth = json::array();
  for (const Peak& peak : limits.peaks)
    peaks.push_back({{"precision", peak.precision},
                     {"flop_per_s", peak.flop_per_s ? json(*peak.flop_per_s) : json(nullptr)},
                     {"source", peak.source}});
  for (const MemoryLevel& level : limits.levels)
    levels.push_back({{"level", level.name},
                      {"bytes", level.bytes > 0 ? json(level.bytes) : json(nullptr)},
                      {"bytes_per_s", level.bytes_per_s}});
  for (const Bandwidth& point : limits.bandwidth)
    bandwidth.push_back({{"bytes", point.bytes}, {"bytes_per_s", point.bytes_per_s}});
  return {{"measured", limits.measured},
          {"threads", limits.threads},
          {"disturbed", limits.disturbed},
          {"peaks", peaks},
          {"levels", levels},
          {"bandwidth", bandwidth}};
}

Limits from_json(const json& object) {
  Limits limits{.measured = object.at("measured"), .threads = object.at("threads")};
  limits.disturbed = object.value("disturbed", false);  // runs of older versions do not say
  for (const json& peak : object.at("peaks")) {
    const json& rate = peak.at("flop_per_s");
    limits.peaks.push_back({peak.at("precision"),
                            rate.is_null() ? std::nullopt : std::optional(rate.get<double>()),
                            peak.at("source")});
  }
  for (const json& level : object.at("levels")) {
    const json& bytes = level.at("bytes");
    limits.levels.push_back(
        {level.at("level"), bytes.is_null() ? 0 : bytes.get<int64_t>(), level.at("bytes_per_s")});
  }
  for (const json& point : object.at("bandwidth"))
    limits.bandwidth.push_back({point.at("bytes"), point.at("bytes_per_s")});
  return limits;
}

}  // namespace

std::optional<double> Limits::flop_per_s(std::string_view precision) const {
  const auto found = std::ranges::find(peaks, precision, &Peak::precision);
  return found == peaks.end() ? std::nullopt : found->flop_per_s;
}

std::string limits_to_json(const Limits& limits) {
  return to_json(limits).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<Limits> limits_from_json(std::string_view text) {
  try {
    return from_json(json::parse(text));
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace assay::record
