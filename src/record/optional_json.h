// An optional value as JSON: null when it is absent. Private to record/.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace assay::record {

template <class T>
nlohmann::json optional_json(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace assay::record
