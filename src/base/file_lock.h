// A lock on a file or folder that the system gives back when its holder ends, however it ends.
#pragma once

#include <filesystem>
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
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace assay
