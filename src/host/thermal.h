// How often heat made the processor run slower, where it counts that (Intel's do, outside virtual machines).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace assay::host {

// Since the machine was started, all cores and packages together; absent where nothing counts it.
[[nodiscard]] std::optional<int64_t> thermal_events(const std::filesystem::path& root = "/");

}  // namespace assay::host
