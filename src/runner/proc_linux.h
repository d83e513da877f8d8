// What Linux says of processes in /proc. Private to runner/*_linux.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace assay::runner {

struct ProcessStat {
  int pid = 0;
  char state = '?';  // R, S, D, T stopped, t traced, Z zombie, X dead
  int parent = 0;
  int group = 0;
  int session = 0;
  int threads = 0;
  int64_t cpu_ticks = 0;     // user and system
  int64_t waited_ticks = 0;  // likewise, of children that ended and were waited for
  int64_t kernel_ticks = 0;  // system alone, of both
  int64_t start_ticks = 0;   // since boot; with the pid it identifies a process
};

// Nothing when the process is gone.
[[nodiscard]] std::optional<ProcessStat> read_stat(int pid);
// Every process that can be seen.
[[nodiscard]] std::vector<ProcessStat> all_processes();
// Value of the variable in the environment that the process was started with; nothing when it is not there or
// not readable.
[[nodiscard]] std::optional<std::string> environment_value(int pid, const std::string& variable);
// Whether every thread of the process is stopped (or ended).
[[nodiscard]] bool all_threads_stopped(int pid);

// CPU time of a process so far, all its threads, those that ended too, and the children that it waited for.
// By its CPU clock, which counts nanoseconds; the children's by ticks, and all where the clock cannot be
// read.
[[nodiscard]] int64_t cpu_time_ns(const ProcessStat& process);
// The kernel's part of it, by ticks: there is no clock for that.
[[nodiscard]] int64_t kernel_time_ns(const ProcessStat& process);
// How long the living threads of a process stood ready and had no CPU, summed: the second number of a
// thread's schedstat. Nothing where the kernel does not count it.
[[nodiscard]] std::optional<int64_t> waited_ns(int pid);
// Adds the CPUs that any thread of the process may run on.
void add_allowed_cpus(int pid, std::set<int>& cpus);

struct Memory {
  int64_t pss_bytes = 0, anonymous_bytes = 0, file_bytes = 0;
};
// From smaps_rollup; nothing when the process is gone or the kernel does not tell.
[[nodiscard]] std::optional<Memory> read_memory(int pid);

// The inode of this process's pid namespace: pids mean something only within it.
[[nodiscard]] uint64_t pid_namespace();
[[nodiscard]] int64_t own_start_ticks();

}  // namespace assay::runner
