// A control group for one runner, below the one that the core is in: of the unified hierarchy (v2) and of the
// hierarchies `pids` and `cpuset` of v1, each where the system lets this user make one. It limits the CPUs
// and the number of processes where the hierarchy has such a limit; and whoever is born in it stays a member,
// whatever session, parent and environment it has. Nothing is changed but the groups made here.
// control_group_linux.cc.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/descriptor.h"

namespace assay::runner {

class ControlGroup {
 public:
  // `cpus`: no other may be used; empty: those of this process. Processes and threads are refused above
  // `most_processes`, and one for an init. What cannot be had is left out, all of it if need be.
  ControlGroup(const std::string& marker, const std::vector<int>& cpus, int most_processes);
  ~ControlGroup() { remove(); }
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  // For a child that writes "0" to each: it and its children are members from then on.
  [[nodiscard]] std::vector<Descriptor> doors() const;
  [[nodiscard]] bool limits_cpus() const { return limits_cpus_; }
  [[nodiscard]] bool limits_processes() const { return !counting_.empty(); }
  // Whether a process or thread was refused because of the limit on their number.
  [[nodiscard]] bool refused() const;
  // The processes in it that this one can see.
  [[nodiscard]] std::vector<int> members() const;
  // Kills the members at once, where the kernel has a way to (Linux 5.14).
  void kill() const;
  // Once its processes are gone; waits a moment for the kernel to be done with them. More than once is fine.
  void remove() const;

 private:
  std::vector<std::filesystem::path> folders_;
  bool limits_cpus_ = false;
  std::filesystem::path counting_;  // the folder whose number of processes is limited
  int most_ = 0;
};

// A group below the one that this process is in, made for the runner with this marker by any core.
struct RunnerGroup {
  std::string marker;
  std::filesystem::path folder;
};
[[nodiscard]] std::vector<RunnerGroup> runner_groups();
[[nodiscard]] std::vector<int> members_of(const RunnerGroup& group);
void remove(const RunnerGroup& group);

// Which groups a process is in: /proc/PID/cgroup, and whether the runner's is among them.
[[nodiscard]] std::string groups_of(int pid);
[[nodiscard]] bool is_among(const std::string& groups, const std::string& marker);

}  // namespace assay::runner
