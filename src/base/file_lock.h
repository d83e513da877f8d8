// A lock on a file or folder that the system gives back when its holder ends, however it ends.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

#include "base/result.h"

namespace assay {

class FileLock {
 public:
  enum class Mode { shared, exclusive };

  // Locks `path`, which must exist, without waiting: nothing when another process holds it in a mode that
  // excludes this one. Fails (environment) when it cannot be opened.
  [[nodiscard]] static Result<std::optional<FileLock>> try_take(const std::filesystem::path& path, Mode mode);
  // Locks `path` alone, making the file and its folder when they are absent. When another process has it,
  // calls `waiting` once and waits until it is free or `stopped` says so. Fails (environment) when the file
  // cannot be made, or when the wait was stopped. Both functions may be empty.
  [[nodiscard]] static Result<FileLock> wait_for(const std::filesystem::path& path,
                                                 const std::function<void()>& waiting,
                                                 const std::function<bool()>& stopped = {});
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // For a program that is to hold the lock too: who outlives us keeps others out.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace assay
