// The hashes that say whether a build is up to date.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"
#include "setup/framework.h"

namespace assay::setup {

// Of the script and its inputs, and where the manifest says so of the processor and of whether the quick form
// is wanted: none of it must have changed for an installed build to be up to date. 16 hexadecimal digits,
// like the others. Fails (data) when a file cannot be read.
[[nodiscard]] Result<std::string> inputs_key(const Framework& framework, const Build& build);

// Of the same and of the tools that are found now, under the name by which they are found: it names the
// folder of a build that is yet to be made. Fails (environment) when a tool is missing or cannot be asked.
[[nodiscard]] Result<std::string> folder_key(const Framework& framework, const Build& build);

// Of what the runner is compiled from: `compile` and every file under `sources`, but no compiled Python, no
// pages, nothing below tests/, parity/ or unsupported/. Empty when there is nothing to compile.
[[nodiscard]] Result<std::string> runner_key(const Framework& framework, const Build& build);

// The same of every file below these folders that a runner may run from.
[[nodiscard]] Result<std::string> files_key(std::span<const std::filesystem::path> folders);

}  // namespace assay::setup
