// The limit on the number of a runner's processes and threads. Where a control group keeps it, this tells
// whether the runner ran into it. Elsewhere, unless in a user namespace, the system's own limit counts
// others' too or nobody's; so they are counted while a request is in progress. crowd_watch_linux.cc.
#pragma once

#include <cstdint>
#include <optional>

#include "runner/control_group.h"
#include "runner/tree.h"

namespace assay::runner {

class CrowdWatch {
 public:
  CrowdWatch(const Tree& tree, const ControlGroup& group, int most);

  // When to look next: monotonic clock, ns.
  [[nodiscard]] int64_t due_ns() const { return due_ns_; }
  // Looks: at the whole tree only when the machine has more threads than it had at the start by half the
  // limit; the dead that nobody has reaped count, and are reaped now. How many the tree has when that is too
  // many.
  [[nodiscard]] std::optional<int> excess();
  // Whether the system refused it more.
  [[nodiscard]] bool refused() const { return group_.refused(); }
  [[nodiscard]] int most() const { return most_; }

 private:
  const Tree& tree_;
  const ControlGroup& group_;
  int most_;
  int64_t machine_at_start_;
  int64_t due_ns_;
};

}  // namespace assay::runner
