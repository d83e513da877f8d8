// Programs of this machine: where they are, and running one while its lines are read.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/subprocess.h"

namespace assay::setup {

// The executable that `name` means on the PATH (or is, when it has a slash), or nothing. find: with symbolic
// links resolved; locate: under the name by which it was found.
[[nodiscard]] std::optional<std::filesystem::path> find_program(std::string_view name);
[[nodiscard]] std::optional<std::filesystem::path> locate_program(std::string_view name);

struct ProgramCall {
  std::vector<std::string> argv;  // argv[0] is looked up on the PATH
  std::map<std::string, std::string>
      environment;                  // added to this process's own; an empty value removes the variable
  std::filesystem::path directory;  // to run in; empty: this process's
  int keep_open = -1;               // a descriptor of ours that the program inherits; -1: none
  std::function<bool()>
      stopped;  // asked every tenth of a second: whether the program is to end; empty: never
};

using Printed = std::function<void(std::string_view piece)>;

// Runs the command with no input (one that is stopped ends by SIGTERM, or by SIGKILL where that takes too
// long), in a process group of its own, and hands over what it prints, piece by
// piece as it comes, until it ends: both streams as one, or each for itself. Fails (environment) when it
// cannot be started.
[[nodiscard]] Result<Ending> run_program(const ProgramCall& command, const Printed& printed);
[[nodiscard]] Result<Ending> run_program(const ProgramCall& command, const Printed& output,
                                         const Printed& errors);

}  // namespace assay::setup
