// Files: whole reads, writes that are complete or absent, and read-only mappings.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace assay {

// The file's bytes as text. Fails (data) when it cannot be read; the message names the path and the system's
// reason.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path);

// Writes `content` to a neighbour of `path`, flushes it to disk and renames it over `path`: a reader sees the
// old file or the new one, never a part. Creates missing parent folders. Fails (environment), e.g. when the
// disk is full.
[[nodiscard]] Result<> write_file(const std::filesystem::path& path, std::string_view content);

// A file mapped read-only for as long as the object lives.
class MappedFile {
 public:
  [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
  // The same for a file that another program was asked to write. Fails (data) unless it is a regular file of
  // this user under this one name: no link to something else, and nothing that can be reached under another
  // name.
  [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> open_plain(
      const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> map(int file, size_t size,
                                                                     const std::filesystem::path& path);
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

// The folder that holds everything Assay downloads, builds and caches: $ASSAY_CACHE, else
// $XDG_CACHE_HOME/assay, else $HOME/.cache/assay.
[[nodiscard]] std::filesystem::path cache_dir();

}  // namespace assay
