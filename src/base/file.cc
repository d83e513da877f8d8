#include "base/file.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/part_file.h"

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

// The opened file's status, when it is a regular one.
Result<struct stat> regular(const Descriptor& file, const fs::path& path) {
  struct stat status{};
  if (::fstat(file.fd, &status) != 0 || !S_ISREG(status.st_mode))
    return fail(ErrorKind::data, "{}: is not a regular file", path.string());
  return status;
}

}  // namespace

Result<std::string> read_file(const fs::path& path, size_t most) {
  ASSAY_TRY(auto beginning, read_beginning(path, most + 1));
  if (beginning.bytes.size() > most)
    return fail(ErrorKind::data, "{}: is longer than {} MB, the most that is read of such a file",
                path.string(), most >> 20);
  return std::move(beginning.bytes);
}

Result<int> open_regular(const fs::path& path) {
  Descriptor file{open_for_reading(path, 0)};
  if (file.fd < 0)
    return fail(ErrorKind::data, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  ASSAY_TRY([[maybe_unused]] const auto status, regular(file, path));
  return std::exchange(file.fd, -1);
}

Result<Beginning> read_beginning(const fs::path& path, size_t most) {
  const Descriptor file{open_for_reading(path, 0)};
  if (file.fd < 0)
    return fail(ErrorKind::data, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  ASSAY_TRY(const auto status, regular(file, path));
  Beginning result{.bytes = {}, .file_bytes = static_cast<uint64_t>(status.st_size)};
  char buffer[1 << 16];
  while (result.bytes.size() < most) {
    const ssize_t got = ::read(file.fd, buffer, std::min(sizeof buffer, most - result.bytes.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorKind::data, "{}: cannot be read: {}", path.string(), std::strerror(errno));
    if (got == 0) break;
    result.bytes.append(buffer, static_cast<size_t>(got));
  }
  return result;
}

Result<> write_file(const fs::path& path, std::string_view content) {
  PartFile file(path);
  ASSAY_TRY_VOID(file.write(content));
  return file.commit();
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
  ASSAY_TRY(const auto status, regular(file, path));
  return map(file.fd, static_cast<size_t>(status.st_size), path);
}

Result<std::shared_ptr<const MappedFile>> MappedFile::copy(int file, size_t size, const fs::path& path) {
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile({}));
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED)
    return fail(ErrorKind::environment, "{}: no memory for its {} bytes", path.string(), size);
  std::shared_ptr<const MappedFile> result(new MappedFile({static_cast<const std::byte*>(address), size}));
  for (size_t done = 0; done < size;) {
    const ssize_t got =
        ::pread(file, static_cast<std::byte*>(address) + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorKind::data, "{}: cannot be read: {}", path.string(), std::strerror(errno));
    if (got == 0) return fail(ErrorKind::data, "{}: was cut off while it was read", path.string());
    done += static_cast<size_t>(got);
  }
  return result;
}

Result<std::shared_ptr<const MappedFile>> MappedFile::read_plain(const fs::path& path) {
  const Descriptor file{open_for_reading(path, O_NOFOLLOW)};
  if (file.fd < 0 && errno == ELOOP)
    return fail(ErrorKind::data, "{}: is a symbolic link, where a file was asked for", path.string());
  if (file.fd < 0)
    return fail(ErrorKind::data, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  ASSAY_TRY(const auto status, regular(file, path));
  if (status.st_nlink != 1)
    return fail(ErrorKind::data, "{}: the file has {} names, where one was asked for", path.string(),
                status.st_nlink);
  if (status.st_uid != ::geteuid())
    return fail(ErrorKind::data, "{}: the file belongs to another user", path.string());
  return copy(file.fd, static_cast<size_t>(status.st_size), path);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

fs::path home_dir() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return home;
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr && user->pw_dir != nullptr && *user->pw_dir != '\0' ? user->pw_dir : "/tmp";
}

fs::path cache_dir() {
  if (const char* own = std::getenv("ASSAY_CACHE"); own != nullptr && *own != '\0') return own;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0')
    return fs::path(xdg) / "assay";
  return home_dir() / ".cache" / "assay";
}

}  // namespace assay
