// An optional value as JSON: null when it is absent, which is read back as what is not there at all. Private
// to record/.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "base/json_fields.h"

namespace assay::record {

template <class T>
nlohmann::json optional_json(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

// Older versions did not write every field.
inline bool is_given(JsonFields& fields, const char* key) { return fields.has(key) && !fields.is_null(key); }

inline std::optional<double> optional_number(JsonFields& fields, const char* key) {
  return is_given(fields, key) ? std::optional(fields.number(key)) : std::nullopt;
}

inline std::optional<int64_t> optional_integer(JsonFields& fields, const char* key) {
  return is_given(fields, key) ? std::optional(fields.integer(key)) : std::nullopt;
}

// Older versions wrote 0 for a size that is not known.
inline std::optional<int64_t> optional_size(JsonFields& fields, const char* key) {
  const auto size = optional_integer(fields, key);
  return size == 0 ? std::nullopt : size;
}

}  // namespace assay::record
