// Whose an orphan is. The core is the reaper of its descendants: a process whose parent ended becomes the
// core's child, and so does one that a runner started as its sibling. A runner leads a session of its own,
// which its descendants can leave but for another new one; so a child of the core that is in another session
// than the core, and is no runner and no guard, descends from a runner, whatever its environment says. Which
// one: by its control group; by its marker; by the session or process group that a known descendant was in;
// else the runner that was set going last, since all others are stopped meanwhile. Thread-safe.
// orphans_linux.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runner/proc_linux.h"

namespace assay::runner {

class Orphans {
 public:
  // The one of this process.
  [[nodiscard]] static Orphans& instance();

  // Starts a child that is nobody's orphan, a runner or the guard: `start` returns its number, or none above
  // 0. Until it is forgotten, once it is reaped.
  int start_own(const std::function<int()>& start);
  void forget(int pid);
  // A runner's process, from its start until nothing is left of it.
  void enrol(int root, const std::string& marker, int64_t start_ticks);
  void withdraw(int root);
  // It is set going.
  void going(int root);

  // Of the processes, the orphans that are `root`'s. Reaps those that are dead, whosever they were.
  [[nodiscard]] std::vector<int> claimed(int root, const std::vector<ProcessStat>& processes);
  // Remembers who is `root`'s, to know their descendants when they are gone.
  void remember(int root, const std::vector<ProcessStat>& members);

 private:
  using Key = std::pair<int, int64_t>;  // number and start of a process
  struct Root {
    std::string marker;
    int64_t start_ticks = 0;
    int64_t turn = 0;  // the higher, the later it was set going
  };

  [[nodiscard]] bool is_orphan(const ProcessStat& process) const;
  [[nodiscard]] int owner(const ProcessStat& process);
  [[nodiscard]] int owner_by_turn(const ProcessStat& process) const;

  std::mutex mutex_;
  std::map<int, Root> roots_;
  std::map<int, int> seen_;    // numbers of processes, sessions and groups, and whose they are
  std::map<Key, int> owners_;  // of the orphans
  std::set<int> own_;
  int64_t turns_ = 0;
};

}  // namespace assay::runner
