// Quantities as they are typed: a number and its unit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace assay::cli {

// "90", "50ms", "90s", "15m", "1.5h" as seconds: above 0, up to a year.
[[nodiscard]] std::optional<double> duration_s(const std::string& text);

// "500M", "12G", "1.5GB" as bytes, decimal: above 0, up to 10^18.
[[nodiscard]] std::optional<int64_t> bytes_of(const std::string& text);

}  // namespace assay::cli
