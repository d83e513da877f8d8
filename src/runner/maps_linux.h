// The code that processes have mapped, from /proc. Private to runner/*_linux.cc.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runner/runner.h"

namespace assay::runner {

// Of one process: for every file of which it has code mapped, by path, how much of it is code and how much is
// mapped in all. `maps` is the text of /proc/pid/maps (proc_pid_maps(5)).
[[nodiscard]] std::map<std::string, MappedCode> code_in(std::string_view maps);

// The same of a living process; empty when it is gone or not ours to look at.
[[nodiscard]] std::map<std::string, MappedCode> mapped_code(int pid);

// The program that a process runs; empty when unknown.
[[nodiscard]] std::string program_of(int pid);

}  // namespace assay::runner
