// The two hashes that say whether a build is up to date.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "setup/framework.h"

namespace assay::setup {

// Of what decides the installed dependencies: script, inputs, tools with their versions. 16 hexadecimal
// digits. Fails (environment) when a tool is missing, (data) when a file cannot be read.
[[nodiscard]] Result<std::string> dependencies_key(const Framework& framework, const Build& build);

// Of what the runner is compiled from: `compile` and every file under `sources`, but no compiled Python.
// Empty when there is nothing to compile.
[[nodiscard]] Result<std::string> runner_key(const Framework& framework, const Build& build);

// Of what the contestants of a framework run from: every file of its folder and of the SDK's `sdk`, and the
// build, null for none.
[[nodiscard]] Result<std::string> contestants_key(const Framework& framework, const Build* build,
                                                  const std::filesystem::path& sdk);

}  // namespace assay::setup
