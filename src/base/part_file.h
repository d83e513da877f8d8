// A file being written: a neighbour of the path, renamed over it when it is complete. A reader sees the old
// file or the new one, never a part.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace assay {

class PartFile {
 public:
  // Opens the neighbour, and creates missing parent folders. A symbolic link is followed: the file it names
  // is the one that is replaced. What is no regular file (a device, a pipe, a folder) is never replaced.
  // Failures (environment) are kept for write() and commit().
  explicit PartFile(const std::filesystem::path& path);
  ~PartFile();  // the neighbour vanishes unless it was committed
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  [[nodiscard]] Result<> write(std::span<const std::byte> bytes);
  [[nodiscard]] Result<> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  // What is read at once and then removed need not reach the disk.
  enum class Flush { to_disk, not_needed };
  [[nodiscard]] Result<> commit(Flush flush = Flush::to_disk);

 private:
  [[nodiscard]] Result<> state() const;

  std::filesystem::path path_;  // as it was given
  std::filesystem::path target_;
  std::string part_;
  int fd_ = -1;
  std::string trouble_;  // empty: none
  bool committed_ = false;
};

}  // namespace assay
