// All processes that belong to a runner, wherever they fled to. In a namespace of its own they are those that
// descend from its init, and none can leave. Elsewhere they are its descendants, the members of its session
// and of its control group, every process that carries its marker in the environment, and those orphans of
// the core that can be nobody else's (orphans.h). tree_linux.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/runner.h"

namespace assay::runner {

class ControlGroup;
struct ProcessStat;

class Tree {
 public:
  // `pid` is the program's process; `child` is the same one or the init of its namespace, and must stay
  // unreaped as long as the Tree is used, so that its number means no other process. The group must outlive
  // it.
  Tree(int pid, int child, std::string marker, const ControlGroup& group);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

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
  [[nodiscard]] bool apart() const { return child_ != pid_; }
  // The living members; everyone: those too that ended and that nobody has waited for yet.
  [[nodiscard]] std::vector<ProcessStat> members() const;
  [[nodiscard]] std::vector<ProcessStat> everyone() const;

  int pid_, child_;
  std::string marker_;
  const ControlGroup& group_;
  int64_t start_ticks_;  // of child_: members cannot be older
};

}  // namespace assay::runner
