// What a manifest writes with "sdk:", so that no framework repeats what an SDK is made of:
// "sdk:python/venv.sh" is a file below sdk/, and among sources "sdk:cpp" is all that sdk/cpp/sources lists.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace assay::setup {

// The path as seen from a framework's folder; others stay as they are.
[[nodiscard]] std::string sdk_path(const std::string& path);

// The sources as paths seen from the framework's folder `directory`. Fails (data) when an SDK has no list.
[[nodiscard]] Result<std::vector<std::string>> with_sdk_sources(const std::vector<std::string>& sources,
                                                                const std::filesystem::path& directory);

}  // namespace assay::setup
