// The guard: a process that outlives the core and kills what a killed core leaves behind. A runner dies with
// the core by itself (spawn.h), but the processes that it started, the reference and set-up scripts do not.
// guard_linux.cc.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace assay::runner {

// Starts `program guard ORIGIN`, once a process; `program` is the one that runs, and calls guard() then. The
// guard holds the reading end of a pipe whose writing end only this process has, so it learns of its end
// however it comes. From then on every child carries this process's marker. Fails (environment) when it
// cannot be started.
[[nodiscard]] Result<> start_guard(const std::filesystem::path& program);

// What the guard does: waits until standard input ends, then kills every process whose marker begins with
// `origin` or that is in such a runner's control group, until none is left, and removes the groups. Returns
// the exit code.
int guard(const std::string& origin);

}  // namespace assay::runner
