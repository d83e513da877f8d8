#include "record/limits.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "record/optional_json.h"

namespace assay::record {
namespace {

using nlohmann::json;

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

int read_threads(JsonFields& fields) {
  return static_cast<int>(fields.integer("threads", 0, std::numeric_limits<int>::max()));
}

Product read_product(JsonFields& fields) {
  return {fields.text("library"), fields.text("source"), optional_number(fields, "flop_per_s")};
}

Peak read_peak(JsonFields& fields) {
  Peak peak{fields.text("precision"), optional_number(fields, "flop_per_s"), fields.text("source"), {}};
  if (fields.has("products"))
    fields.each("products", [&](JsonFields& product) { peak.products.push_back(read_product(product)); });
  return peak;
}

MemoryLevel read_level(JsonFields& fields) {
  return {fields.text("level"), optional_size(fields, "bytes"), fields.number("bytes_per_s"),
          optional_size(fields, "read_bytes")};
}

Reading read_reading(JsonFields& fields) {
  return {fields.text("kernel"), read_threads(fields), fields.number("bytes_per_s")};
}

Bandwidth read_bandwidth(JsonFields& fields) {
  Bandwidth point{fields.integer("bytes"), fields.number("bytes_per_s"), {}};
  if (fields.has("readings"))
    fields.each("readings", [&](JsonFields& reading) { point.readings.push_back(read_reading(reading)); });
  return point;
}

Limits read_limits(JsonFields& fields) {
  Limits limits{.measured = fields.text("measured"), .threads = read_threads(fields)};
  limits.disturbed = fields.has("disturbed") && fields.boolean("disturbed");
  limits.large_pages = optional_number(fields, "large_pages");
  fields.each("peaks", [&](JsonFields& peak) { limits.peaks.push_back(read_peak(peak)); });
  fields.each("levels", [&](JsonFields& level) { limits.levels.push_back(read_level(level)); });
  fields.each("bandwidth", [&](JsonFields& point) { limits.bandwidth.push_back(read_bandwidth(point)); });
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
  JsonFields fields(*object, "limits", JsonFields::Unknown::allowed);
  Limits limits = read_limits(fields);
  return fields.finish() ? std::optional(std::move(limits)) : std::nullopt;
}

}  // namespace assay::record
