// What of the user's environment reaches the runners: the core's table (host/steering.h) and what the
// frameworks' manifests add to it. All frameworks' variables count for every runner: contestants of one run
// share an environment, and one framework's libraries may lie inside another.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/steering.h"
#include "setup/framework.h"

namespace assay::setup {

// `keep`: variables that are passed on whatever they do.
[[nodiscard]] host::RunnerEnvironment runner_environment(std::span<const Framework> frameworks,
                                                         const host::Variables& given,
                                                         std::vector<std::string> keep = {});

// Whether the variable steers a library or a framework.
[[nodiscard]] bool steers(std::span<const Framework> frameworks, std::string_view variable);

}  // namespace assay::setup
