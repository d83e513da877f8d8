#include "setup/build_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace assay::setup {
namespace fs = std::filesystem;

BuildLock::BuildLock(BuildLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

BuildLock::~BuildLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<BuildLock> BuildLock::take(const fs::path& file, const std::function<void()>& waiting) {
  std::error_code ec;
  fs::create_directories(file.parent_path(), ec);
  BuildLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.descriptor_ < 0)
    return fail(ErrorKind::environment, "{}: cannot be opened: {}", file.string(), std::strerror(errno));
  if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    if (waiting) waiting();
    if (::flock(lock.descriptor_, LOCK_EX) == 0) return lock;
  }
  return fail(ErrorKind::environment, "{}: cannot be locked: {}", file.string(), std::strerror(errno));
}

}  // namespace assay::setup
