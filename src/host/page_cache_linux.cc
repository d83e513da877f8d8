#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "host/page_cache.h"

namespace assay::host {
namespace fs = std::filesystem;
namespace {

struct Pages {
  size_t all = 0;
  size_t resident = 0;
};

// Pages of an open file, and how many of them are in memory: looking at a mapping does not load it.
Pages count_pages(int descriptor, size_t bytes) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  Pages pages{.all = (bytes + page - 1) / page};
  void* mapping = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  if (mapping == MAP_FAILED) return {};
  std::vector<unsigned char> resident(pages.all);
  if (::mincore(mapping, bytes, resident.data()) == 0)
    for (const unsigned char flags : resident) pages.resident += flags & 1;
  ::munmap(mapping, bytes);
  return pages;
}

// Dirty pages stay until they are written. Writing makes the disk empty its own cache, which takes
// milliseconds even when nothing is dirty: too long for each of the thousands of files of a framework.
Pages drop_pages(int file, size_t bytes) {
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  const Pages pages = count_pages(file, bytes);
  if (pages.resident == 0) return pages;
  ::fdatasync(file);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  return count_pages(file, bytes);
}

void drop_file(const fs::path& path, Pages& total) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOATIME);
  const int file =
      descriptor >= 0 ? descriptor : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return;
  struct stat status = {};
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    const Pages pages = drop_pages(file, static_cast<size_t>(status.st_size));
    total.all += pages.all;
    total.resident += pages.resident;
  }
  ::close(file);
}

}  // namespace

std::optional<double> drop_from_page_cache(std::span<const fs::path> paths) {
  Pages total;
  for (const fs::path& path : paths) {
    std::error_code ec;
    if (!fs::is_directory(path, ec)) {
      drop_file(fs::canonical(path, ec), total);
      continue;
    }
    fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, ec), end;
    for (; !ec && entry != end; entry.increment(ec))
      if (entry->is_regular_file(ec) && !entry->is_symlink(ec)) drop_file(entry->path(), total);
  }
  if (total.all == 0) return std::nullopt;
  return 1 - static_cast<double>(total.resident) / static_cast<double>(total.all);
}

}  // namespace assay::host
