// The limit on a runner's memory. RLIMIT_AS would count address space, of which frameworks reserve far more
// than they use; so the tree's own memory is looked at while a request is in progress: what is no file's,
// since pages of files can be dropped and read again.
#pragma once

#include <cstdint>
#include <optional>

#include "runner/tree.h"

namespace assay::runner {

class MemoryWatch {
 public:
  // Without a limit nothing is ever looked at.
  MemoryWatch(const Tree& tree, std::optional<int64_t> limit_bytes);

  // When to look next: monotonic clock, ns.
  [[nodiscard]] int64_t due_ns() const { return due_ns_; }
  // Looks, at most half a hundredth of a CPU's time: the whole tree only when the machine's memory in use is
  // beyond the limit at all. The tree's bytes when they are over the limit.
  [[nodiscard]] std::optional<int64_t> excess_bytes();
  [[nodiscard]] int64_t limit_bytes() const { return limit_bytes_; }

 private:
  [[nodiscard]] std::optional<int64_t> look() const;

  const Tree& tree_;
  int64_t limit_bytes_;
  int64_t machine_bytes_;  // 0: unknown
  int64_t due_ns_;
};

}  // namespace assay::runner
