#include "record/footprint.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/json_fields.h"

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

Package read_package(JsonFields& fields) {
  return {fields.text("name"), fields.text("version"), fields.text("tag")};
}

MappedFile read_file(JsonFields& fields) {
  return {fields.text("path"), origin_from_name(fields.text("origin")).value_or(Origin::system),
          fields.integer("code_bytes"), fields.integer("bytes")};
}

Footprint read_footprint(JsonFields& fields) {
  Footprint footprint{
      .build = fields.text("build"), .linkage = fields.text("linkage"), .programs = fields.texts("programs")};
  fields.each("packages", [&](JsonFields& package) { footprint.packages.push_back(read_package(package)); });
  fields.each("mapped", [&](JsonFields& file) { footprint.mapped.push_back(read_file(file)); });
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
  JsonFields fields(*object, "footprint", JsonFields::Unknown::allowed);
  Footprint footprint = read_footprint(fields);
  return fields.finish() ? std::optional(std::move(footprint)) : std::nullopt;
}

}  // namespace assay::record
