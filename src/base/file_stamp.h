// Which file lies at a path and when it was last changed: to see later that it is still the same.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace assay {

// Equal stamps: the same file, and nobody wrote to it, renamed or linked it in between. The system sets the
// time of change; unlike that of modification no program can.
struct FileStamp {
  uint64_t device = 0;
  uint64_t file = 0;  // its number (inode)
  int64_t bytes = 0;
  int64_t changed_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Of a regular file with one name that is no symbolic link; fails (data) saying what it is else.
[[nodiscard]] Result<FileStamp> stamp_of(const std::filesystem::path& path);

// Has what was written to the file so far put on the disk: a later change through a mapping is seen then, and
// writing it back disturbs nobody. Does nothing for a path that cannot be opened.
void settle(const std::filesystem::path& path);

}  // namespace assay
