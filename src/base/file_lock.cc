#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace assay {

Result<std::optional<FileLock>> FileLock::try_take(const std::filesystem::path& path, Mode mode) {
  FileLock lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (lock.descriptor_ < 0)
    return fail(ErrorKind::environment, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  if (::flock(lock.descriptor_, (mode == Mode::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return std::nullopt;
  return fail(ErrorKind::environment, "{}: cannot be locked: {}", path.string(), std::strerror(errno));
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace assay
