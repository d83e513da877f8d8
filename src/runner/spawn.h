// Starting a program as a child, apart from all others as far as the system allows. spawn_linux.cc.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "runner/child_linux.h"
#include "runner/control_group.h"
#include "runner/descriptor.h"
#include "runner/runner.h"

namespace assay::runner {

// The environment variable that every process of a runner's tree inherits.
inline constexpr const char* kMarkerVariable = "ASSAY_RUNNER_ID";

struct Spawned {
  int pid = 0;             // the program's process
  int child = 0;           // this process's child: the program, or the init of its namespace
  int64_t started_ns = 0;  // just before the program was executed
  Apart apart = Apart::no;
  Isolation isolation;
  Descriptor input;   // writes to the program's stdin, does not block
  Descriptor output;  // reads its stdout, does not block
  Descriptor error;   // reads its stderr, does not block
  Descriptor death;   // readable once the child is dead; -1 where the system has no such thing
  Descriptor status;  // from an init: the program's wait status, then end of file
  std::unique_ptr<ControlGroup> group;  // of its own, as far as the system allows
};

// The program leads a session of its own and is killed when this process dies. Its environment is the core's,
// changed as the command says, with ASSAY_RUNNER_ID=marker. Fails with one line: what could not be started
// and why.
[[nodiscard]] std::expected<Spawned, std::string> spawn(const RunnerCommand& command,
                                                        const std::string& marker);

// How the markers of all runners that this process starts begin.
[[nodiscard]] std::string origin();
// A marker that no other runner of this machine has: it names this process so that a later one can tell
// whether it still lives.
[[nodiscard]] std::string new_marker();

}  // namespace assay::runner
