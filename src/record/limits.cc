#include "record/limits.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "record/optional_json.h"

namespace assay::record {
namespace {

using nlohmann::json;

std::optional<double> number_from(const json& number) {
  return number.is_number() ? std::optional(number.get<double>()) : std::nullopt;
}

json to_json(const Peak& peak) {
  json products = json::array();
  for (const Product& product : peak.products)
    products.push_back({{"library", product.library},
                        {"source", product.source},
                        {"flop_per_s", optional_json(product.flop_per_s)}});
  return {{"precision", peak.precision},
          {"flop_per_s", optional_json(peak.flop_per_s)},
          {"source", peak.source},
          {"products", products}};
}

json to_json(const MemoryLevel& level) {
  return {{"level", level.name},
          {"bytes", optional_json(level.bytes)},
          {"bytes_per_s", level.bytes_per_s},
          {"read_bytes", optional_json(level.read_bytes)}};
}

json to_json(const Bandwidth& point) {
  json readings = json::array();
  for (const Reading& reading : point.readings)
    readings.push_back(
        {{"kernel", reading.kernel}, {"threads", reading.threads}, {"bytes_per_s", reading.bytes_per_s}});
  return {{"bytes", point.bytes}, {"bytes_per_s", point.bytes_per_s}, {"readings", readings}};
}

template <class T>
json list(const std::vector<T>& items) {
  json result = json::array();
  for (const T& item : items) result.push_back(to_json(item));
  return result;
}

json to_json(const Limits& limits) {
  return {{"measured", limits.measured},
          {"threads", limits.threads},
          {"disturbed", limits.disturbed},
          {"peaks", list(limits.peaks)},
          {"levels", list(limits.levels)},
          {"bandwidth", list(limits.bandwidth)},
          {"large_pages", optional_json(limits.large_pages)}};
}

// What older versions did not write is absent.
const json& items(const json& object, const char* key) {
  static const json kNone = json::array();
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

Peak peak_from(const json& object) {
  Peak peak{object.at("precision"), number_from(object.at("flop_per_s")), object.at("source"), {}};
  for (const json& each : items(object, "products"))
    peak.products.push_back({each.at("library"), each.at("source"), number_from(each.at("flop_per_s"))});
  return peak;
}

Bandwidth bandwidth_from(const json& object) {
  Bandwidth point{object.at("bytes"), object.at("bytes_per_s"), {}};
  for (const json& each : items(object, "readings"))
    point.readings.push_back({each.at("kernel"), each.at("threads"), each.at("bytes_per_s")});
  return point;
}

// Older versions wrote 0, or nothing, for what is absent.
std::optional<int64_t> size_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null() || *found == 0) return std::nullopt;
  return found->get<int64_t>();
}

Limits read_limits(const json& object) {
  Limits limits{.measured = object.at("measured"), .threads = object.at("threads")};
  limits.disturbed = object.value("disturbed", false);
  if (const auto share = object.find("large_pages"); share != object.end())
    limits.large_pages = number_from(*share);
  for (const json& peak : object.at("peaks")) limits.peaks.push_back(peak_from(peak));
  for (const json& level : object.at("levels")) {
    limits.levels.push_back(
        {level.at("level"), size_of(level, "bytes"), level.at("bytes_per_s"), size_of(level, "read_bytes")});
  }
  for (const json& point : object.at("bandwidth")) limits.bandwidth.push_back(bandwidth_from(point));
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
  const auto object = parse_json(text, "limits");
  if (!object) return std::nullopt;
  try {
    return read_limits(*object);
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace assay::record
