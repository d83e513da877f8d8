// Files: whole reads, writes that are complete or absent, and read-only mappings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace assay {

// The file's bytes as text. Fails (data) when it cannot be read, is no regular file (a pipe would be waited
// for, a device may have no end), or is longer than `most`; the message names the path and the reason.
inline constexpr size_t kMostTextBytes = size_t{1} << 30;
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, size_t most = kMostTextBytes);

// A descriptor of a regular file to read from, which the caller closes. Fails (data) like read_file.
[[nodiscard]] Result<int> open_regular(const std::filesystem::path& path);

// The first bytes of a file, up to `most`, and how long it is. Fails (data) like read_file.
struct Beginning {
  std::string bytes;
  uint64_t file_bytes = 0;
};
[[nodiscard]] Result<Beginning> read_beginning(const std::filesystem::path& path, size_t most);

// Puts `content` in place of `path` as a whole, and on the disk (base/part_file.h). Creates missing parent
// folders. Fails (environment), e.g. when the disk is full.
[[nodiscard]] Result<> write_file(const std::filesystem::path& path, std::string_view content);

// The bytes of a file, read-only, for as long as the object lives: mapped, or a copy in memory.
class MappedFile {
 public:
  // Mapped. For files that nobody cuts off meanwhile: touching what is gone ends the process.
  [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
  // A copy of a file that another program was asked to write, which may still write to it. Fails (data)
  // unless it is a regular file of this user under this one name: no link to something else, and nothing that
  // can be reached under another name.
  [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> read_plain(
      const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> map(int file, size_t size,
                                                                     const std::filesystem::path& path);
  [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> copy(int file, size_t size,
                                                                      const std::filesystem::path& path);
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

// $HOME; where it is not set (a service, a job of cron's), what the system's list of users has.
[[nodiscard]] std::filesystem::path home_dir();

// The folder that holds everything Assay downloads, builds and caches: $ASSAY_CACHE, else
// $XDG_CACHE_HOME/assay, else .cache/assay in the home.
[[nodiscard]] std::filesystem::path cache_dir();

}  // namespace assay
