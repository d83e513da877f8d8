// What a child does between fork() and exec(). Everything it needs is made before, as a Plan: in a child of a
// process with threads only async-signal-safe calls are allowed. child_linux.cc.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/descriptor.h"

namespace assay::runner {

struct Pipe {
  Descriptor read, write;
};

// How much a child is apart from the other processes of the machine.
enum class Apart {
  namespaces,       // its own process, IPC and mount namespaces, behind an init of its own (runner/init)
  user_namespaces,  // the same for who is not root, by way of a user namespace in which nobody becomes
                    // another
  no,               // the system allows neither
};

struct Plan {
  std::string program, directory;
  std::vector<std::string> arguments, environment;
  std::vector<char*> argv, envp;
  std::optional<cpu_set_t> cpus;
  Pipe input, output, error;
  Pipe report;  // Reports, until end of file
  Pipe status;  // from the init: how the program ended
  pid_t core = 0;
  Apart apart = Apart::no;
  Descriptor rules;               // runner/landlock_linux.h
  std::vector<Descriptor> doors;  // of its control group; runner/control_group.h
  int most_processes = 0;         // and threads
  int init = -1;                  // executable; runner/init_image.h
  std::string users, groups;      // the user namespace's maps
};

// What the child says before it executes its program.
struct Report {
  enum What : int {
    cannot_start,  // the program cannot be started
    cannot_part,   // the namespaces cannot be had
    no_own_proc,   // all is well, but /proc still shows the whole machine
    no_rules,      // all is well, but the kernel does not keep the rules
    no_group,      // all is well, but it cannot be in its control group
    starts,        // all is done but to execute the program
  };
  What what = cannot_start;
  int error = 0;      // errno
  int64_t at_ns = 0;  // monotonic clock
};

// Forks. In the child it never returns; in the core it returns the child, or minus errno.
[[nodiscard]] pid_t fork_child(const Plan& plan);

}  // namespace assay::runner
