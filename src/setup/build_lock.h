// One lock a build, held by the process that sets it up and by the script it runs: a script that outlives its
// assay keeps others out.
#pragma once

#include <filesystem>
#include <functional>

#include "base/result.h"

namespace assay::setup {

class BuildLock {
 public:
  // Takes the lock `file`, creating it and its folder. When another process has it, calls `waiting` once and
  // waits until it is free or `stopped` says so. Fails (environment) when the file cannot be made, or when
  // the wait was stopped. Both functions may be empty.
  [[nodiscard]] static Result<BuildLock> take(const std::filesystem::path& file,
                                              const std::function<void()>& waiting,
                                              const std::function<bool()>& stopped = {});
  ~BuildLock();
  BuildLock(BuildLock&& other) noexcept;
  BuildLock& operator=(BuildLock&&) = delete;
  BuildLock(const BuildLock&) = delete;
  BuildLock& operator=(const BuildLock&) = delete;

  // For Command::keep_open.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  explicit BuildLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace assay::setup
