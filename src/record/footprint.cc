#include "record/footprint.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace assay::record {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 5> kOrigins = {"framework", "interpreter", "device_runtime", "driver",
                                                      "system"};

json to_json(const Footprint& footprint) {
  json packages = json::array(), mapped = json::array();
  for (const Package& package : footprint.packages)
    packages.push_back({{"name", package.name}, {"version", package.version}, {"tag", package.tag}});
  for (const MappedFile& file : footprint.mapped)
    mapped.push_back({{"path", file.path},
                      {"origin", name(file.origin)},
                      {"code_bytes", file.code_bytes},
                      {"bytes", file.bytes}});
  return {{"build", footprint.build},
          {"packages", packages},
          {"mapped", mapped},
          {"linkage", footprint.linkage},
          {"programs", footprint.programs}};
}

Footprint read_footprint(const json& object) {
  Footprint footprint{.build = object.at("build"),
                      .linkage = object.at("linkage"),
                      .programs = object.at("programs").get<std::vector<std::string>>()};
  for (const json& package : object.at("packages"))
    footprint.packages.push_back({package.at("name"), package.at("version"), package.at("tag")});
  for (const json& file : object.at("mapped"))
    footprint.mapped.push_back(
        {file.at("path"),
         origin_from_name(file.at("origin").get_ref<const std::string&>()).value_or(Origin::system),
         file.at("code_bytes"), file.at("bytes")});
  return footprint;
}

}  // namespace

std::string_view name(Origin origin) { return kOrigins[static_cast<size_t>(origin)]; }

std::optional<Origin> origin_from_name(std::string_view text) {
  for (size_t i = 0; i < kOrigins.size(); ++i)
    if (kOrigins[i] == text) return static_cast<Origin>(i);
  return std::nullopt;
}

Footprint::Size Footprint::size(Origin origin) const {
  Size sum;
  for (const MappedFile& file : mapped) {
    if (file.origin != origin) continue;
    sum.code_bytes += file.code_bytes;
    sum.bytes += file.bytes;
  }
  return sum;
}

std::string footprint_to_json(const Footprint& footprint) {
  return to_json(footprint).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<Footprint> footprint_from_json(std::string_view text) {
  const auto object = parse_json(text, "footprint");
  if (!object) return std::nullopt;
  try {
    return read_footprint(*object);
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace assay::record
