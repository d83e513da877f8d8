// The time of day, as stores and reports have it.
#pragma once

#include <cstdint>
#include <string>

namespace assay {

// UTC now in a format of strftime: "%Y-%m-%dT%H:%M:%SZ" is ISO 8601.
[[nodiscard]] std::string utc_now(const char* format = "%Y-%m-%dT%H:%M:%SZ");

// Nanoseconds since 1970-01-01T00:00:00Z.
[[nodiscard]] int64_t unix_ns();

}  // namespace assay
