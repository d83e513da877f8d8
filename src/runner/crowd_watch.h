// The limit on the number of a runner's processes and threads. Where it is root's run, or without a user
// namespace, the system's own limit counts others' too or nobody's; so they are counted while a request is
// in progress. crowd_watch_linux.cc.
#pragma once

#include <cstdint>
#include <optional>

#include "runner/tree.h"

namespace assay::runner {

class CrowdWatch {
 public:
  CrowdWatch(const Tree& tree, int most);

  // When to look next: monotonic clock, ns.
  [[nodiscard]] int64_t due_ns() const { return due_ns_; }
  // Looks: at the whole tree only when the machine has more threads than it had at the start by half the
  // limit; the dead that nobody has reaped count, and are reaped now. How many the tree has when that is too
  // many.
  [[nodiscard]] std::optional<int> excess();
  [[nodiscard]] int most() const { return most_; }

 private:
  const Tree& tree_;
  int most_;
  int64_t machine_at_start_;
  int64_t due_ns_;
};

}  // namespace assay::runner
