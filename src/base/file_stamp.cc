#include "base/file_stamp.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace assay {

Result<FileStamp> stamp_of(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0)
    return fail(ErrorKind::data, "{}: {}", path.string(), std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::data, "{}: is no regular file", path.string());
  if (status.st_nlink != 1)
    return fail(ErrorKind::data, "{}: has {} names, so that it can be changed under another", path.string(),
                status.st_nlink);
  return FileStamp{.device = status.st_dev,
                   .file = status.st_ino,
                   .bytes = status.st_size,
                   .changed_ns = int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
}

void settle(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace assay
