#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace assay {
namespace fs = std::filesystem;

namespace {

// Closes a descriptor at the end of the scope.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

// A pipe or a device is opened at once, too, and then seen to be no file.
int open_for_reading(const fs::path& path, int flags) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0)
    return fail(ErrorKind::data, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(file.fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorKind::data, "{}: cannot be read: {}", path.string(), std::strerror(errno));
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
  }
}

Result<> write_file(const fs::path& path, std::string_view content) {
  std::error_code ec;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), ec);
  const std::string temporary = fmt::format("{}.{}.part", path.string(), ::getpid());
  {
    const Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.fd < 0 || !write_all(file.fd, content) || ::fsync(file.fd) != 0) {
      const int reason = errno;
      ::unlink(temporary.c_str());
      return fail(ErrorKind::environment, "{}: cannot be written: {}", path.string(), std::strerror(reason));
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return fail(ErrorKind::environment, "{}: cannot be put in place: {}", path.string(),
                std::strerror(reason));
  }
  return {};
}

Result<std::shared_ptr<const MappedFile>> MappedFile::map(int file, size_t size, const fs::path& path) {
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile({}));
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  if (address == MAP_FAILED)
    return fail(ErrorKind::environment, "{}: cannot be mapped: {}", path.string(), std::strerror(errno));
  return std::shared_ptr<const MappedFile>(new MappedFile({static_cast<const std::byte*>(address), size}));
}

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const fs::path& path) {
  const Descriptor file{open_for_reading(path, 0)};
  if (file.fd < 0)
    return fail(ErrorKind::data, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  struct stat status{};
  if (::fstat(file.fd, &status) != 0 || !S_ISREG(status.st_mode))
    return fail(ErrorKind::data, "{}: is not a regular file", path.string());
  return map(file.fd, static_cast<size_t>(status.st_size), path);
}

Result<std::shared_ptr<const MappedFile>> MappedFile::open_plain(const fs::path& path) {
  const Descriptor file{open_for_reading(path, O_NOFOLLOW)};
  if (file.fd < 0 && errno == ELOOP)
    return fail(ErrorKind::data, "{}: is a symbolic link, where a file was asked for", path.string());
  if (file.fd < 0)
    return fail(ErrorKind::data, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  struct stat status{};
  if (::fstat(file.fd, &status) != 0 || !S_ISREG(status.st_mode))
    return fail(ErrorKind::data, "{}: is not a regular file", path.string());
  if (status.st_nlink != 1)
    return fail(ErrorKind::data, "{}: the file has {} names, where one was asked for", path.string(),
                status.st_nlink);
  if (status.st_uid != ::geteuid())
    return fail(ErrorKind::data, "{}: the file belongs to another user", path.string());
  return map(file.fd, static_cast<size_t>(status.st_size), path);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

fs::path cache_dir() {
  if (const char* own = std::getenv("ASSAY_CACHE"); own != nullptr && *own != '\0') return own;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0')
    return fs::path(xdg) / "assay";
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr && *home != '\0' ? home : "/tmp") / ".cache" / "assay";
}

}  // namespace assay
