// Where a build lies: which of the folders in the cache is the one to use.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "setup/framework.h"

namespace assay::setup {

// CACHE/frameworks/NAME.
[[nodiscard]] std::filesystem::path framework_cache(const Framework& framework);

// The folders of this build, for whatever inputs and tools, that were completed; the newest first.
[[nodiscard]] std::vector<std::filesystem::path> completed_builds(const Framework& framework,
                                                                  const Build& build);

// Whether the completed build in the folder can be used: script and inputs are what they were, and each tool
// that it was made with is still there in the same version, whatever this process's PATH has. Fails
// (environment) when a tool cannot be started just now, (data) when an input cannot be read.
[[nodiscard]] Result<bool> usable(const Framework& framework, const Build& build,
                                  const std::filesystem::path& folder);

// "venv" of .../venv-0123456789abcdef.
[[nodiscard]] std::string build_name(const std::filesystem::path& folder);

// The lock of whoever sets up a build, one for all its folders: who comes from another environment would make
// it a second time. `folder`: of a build, as build_dir gives it.
[[nodiscard]] std::filesystem::path lock_of_build(const std::filesystem::path& folder);

}  // namespace assay::setup
