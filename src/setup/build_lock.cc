#include "setup/build_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace assay::setup {
namespace fs = std::filesystem;

BuildLock::BuildLock(BuildLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

BuildLock::~BuildLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<BuildLock> BuildLock::take(const fs::path& file, const std::function<void()>& waiting,
                                  const std::function<bool()>& stopped) {
  std::error_code ec;
  fs::create_directories(file.parent_path(), ec);
  BuildLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.descriptor_ < 0)
    return fail(ErrorKind::environment, "{}: cannot be opened: {}", file.string(), std::strerror(errno));
  bool told = false;
  while (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return fail(ErrorKind::environment, "{}: cannot be locked: {}", file.string(), std::strerror(errno));
    if (stopped && stopped()) return fail(ErrorKind::environment, "{}: the wait was stopped", file.string());
    if (waiting && !std::exchange(told, true)) waiting();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return lock;
}

}  // namespace assay::setup
