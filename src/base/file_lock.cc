#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

namespace assay {

Result<std::optional<FileLock>> FileLock::try_take(const std::filesystem::path& path, Mode mode) {
  FileLock lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (lock.descriptor_ < 0)
    return fail(ErrorKind::environment, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  if (::flock(lock.descriptor_, (mode == Mode::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return std::nullopt;
  return fail(ErrorKind::environment, "{}: cannot be locked: {}", path.string(), std::strerror(errno));
}

Result<FileLock> FileLock::wait_for(const std::filesystem::path& path, const std::function<void()>& waiting,
                                    const std::function<bool()>& stopped) {
  std::error_code ec;
  std::filesystem::create_directories(path.parent_path(), ec);
  {
    const std::ofstream made(path, std::ios::app);
  }
  for (bool told = false;; std::this_thread::sleep_for(std::chrono::milliseconds(100))) {
    ASSAY_TRY(auto lock, try_take(path, Mode::exclusive));
    if (lock) return std::move(*lock);
    if (stopped && stopped()) return fail(ErrorKind::environment, "{}: the wait was stopped", path.string());
    if (waiting && !std::exchange(told, true)) waiting();
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace assay
