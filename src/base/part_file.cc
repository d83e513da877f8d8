#include "base/part_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace assay {
namespace fs = std::filesystem;
namespace {

// What a symbolic link names in the end, whether it is there or not; the path itself when it is none. A link
// that is not followed to its end (a loop) is left for the system to refuse.
fs::path behind_links(fs::path path) {
  constexpr int kMostLinks = 40;
  std::error_code ec;
  for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(path, ec)); ++i) {
    const fs::path next = fs::read_symlink(path, ec);
    if (ec) break;
    path = path.parent_path() / next;
  }
  return path;
}

}  // namespace

PartFile::PartFile(const fs::path& path) : path_(path), target_(behind_links(path)) {
  struct stat status{};
  if (::stat(target_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    trouble_ = "is no regular file, and so is not replaced";
    return;
  }
  std::error_code ignored;  // open() says what is wrong with the folder
  if (target_.has_parent_path()) fs::create_directories(target_.parent_path(), ignored);
  part_ = fmt::format("{}.{}.part", target_.string(), ::getpid());
  ::unlink(part_.c_str());  // whatever lies there, it is not ours
  fd_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd_ < 0) trouble_ = fmt::format("cannot be written: {}", std::strerror(errno));
}

PartFile::~PartFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (!committed_) ::unlink(part_.c_str());
}

Result<> PartFile::write(std::span<const std::byte> bytes) {
  while (trouble_.empty() && !bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0)
      bytes = bytes.subspan(static_cast<size_t>(written));
    else if (errno != EINTR)
      trouble_ = fmt::format("cannot be written: {}", std::strerror(errno));
  }
  return state();
}

Result<> PartFile::commit(Flush flush) {
  if (trouble_.empty() && flush == Flush::to_disk && ::fsync(fd_) != 0)
    trouble_ = fmt::format("cannot be written: {}", std::strerror(errno));
  if (trouble_.empty() && ::rename(part_.c_str(), target_.c_str()) != 0)
    trouble_ = fmt::format("cannot be put in place: {}", std::strerror(errno));
  committed_ = trouble_.empty();
  return state();
}

Result<> PartFile::state() const {
  if (trouble_.empty()) return {};
  return fail(ErrorKind::environment, "{}: {}", path_.string(), trouble_);
}

}  // namespace assay
