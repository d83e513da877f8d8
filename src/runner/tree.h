// All processes that belong to a runner, wherever they fled to: its descendants, the members of its session,
// and every process that carries its marker in the environment (a daemon that left session and parent still
// does). Only a process that does all three, leaves its session, loses its parent and clears its environment,
// is not found. tree_linux.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/runner.h"

namespace assay::runner {

class Tree {
 public:
  // `pid` must stay unreaped as long as the Tree is used, so that its number means no other process.
  Tree(int pid, std::string marker);

  // Stops all, and returns true once every thread of every one is seen stopped; false after the deadline
  // (monotonic clock, ns) or when none is left.
  [[nodiscard]] bool stop(int64_t deadline_ns) const;
  void resume() const;
  // Kills all, those that appear meanwhile too, and returns how many are still there at the deadline: stuck
  // in the kernel.
  [[nodiscard]] int kill(int64_t deadline_ns) const;
  [[nodiscard]] Usage usage() const;
  [[nodiscard]] Code code() const;
  [[nodiscard]] Processors processors() const;
  // The living processes.
  [[nodiscard]] std::vector<int> pids() const;

 private:
  int pid_;
  std::string marker_;
  int64_t start_ticks_;  // of pid_: members cannot be older
};

}  // namespace assay::runner
