#include "cli/quantity.h"

#include <functional>
#include <map>
#include <stdexcept>

namespace assay::cli {
namespace {

using Units = std::map<std::string, double, std::less<>>;

std::optional<double> quantity(const std::string& text, const Units& units, double most) {
  size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  const auto unit = units.find(text.substr(used));
  if (unit == units.end()) return std::nullopt;
  value *= unit->second;
  return value > 0 && value <= most ? std::optional(value) : std::nullopt;  // neither nan nor inf
}

}  // namespace

std::optional<double> duration_s(const std::string& text) {
  constexpr double kMostSeconds = 365 * 24 * 3600.0;
  return quantity(text, {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}}, kMostSeconds);
}

std::optional<int64_t> bytes_of(const std::string& text) {
  constexpr double kMostBytes = 1e18;
  const auto bytes = quantity(text, {{"M", 1e6}, {"MB", 1e6}, {"G", 1e9}, {"GB", 1e9}}, kMostBytes);
  return bytes ? std::optional(static_cast<int64_t>(*bytes)) : std::nullopt;
}

}  // namespace assay::cli
