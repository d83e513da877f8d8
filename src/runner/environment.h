// What a child is started with: its environment, and the file that its command means.
#pragma once

#include <string>
#include <vector>

#include "runner/runner.h"

namespace assay::runner {

// The core's environment without what is Assay's own, changed as the command says, as "NAME=value" texts; the
// marker is the first.
[[nodiscard]] std::vector<std::string> environment_of(const RunnerCommand& command,
                                                      const std::string& marker);

// The path to execute: argv[0] as it is when it has a slash, else the first executable of that name in PATH.
// execvp() would do the search in the child, where only async-signal-safe calls are allowed.
[[nodiscard]] std::string executable_of(const RunnerCommand& command);

}  // namespace assay::runner
