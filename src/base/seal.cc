#include "base/seal.h"

#include <sys/stat.h>

#include <array>
#include <map>
#include <mutex>
#include <optional>

#include "base/file.h"
#include "base/hash.h"

namespace assay {
namespace fs = std::filesystem;
namespace {

// What the seal of the file says.
Result<std::string> content(const fs::path& path) {
  ASSAY_TRY(const auto mapped, MappedFile::open(path));
  return fmt::format("{} {}\n", Hasher().add(mapped->bytes()).hex(), mapped->bytes().size());
}

// Device, inode, size, and the times of contents and inode: when none changed, neither did the contents.
using Stamp = std::array<int64_t, 7>;

std::optional<Stamp> seal_stamp(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Stamp{static_cast<int64_t>(status.st_dev),
               static_cast<int64_t>(status.st_ino),
               status.st_size,
               status.st_mtim.tv_sec,
               status.st_mtim.tv_nsec,
               status.st_ctim.tv_sec,
               status.st_ctim.tv_nsec};
}

// The files that this process found as they were sealed.
class Known {
 public:
  bool holds(const fs::path& path, const Stamp& stamp) {
    const std::scoped_lock lock(mutex_);
    const auto found = stamps_.find(path);
    return found != stamps_.end() && found->second == stamp;
  }
  void add(const fs::path& path, const Stamp& stamp) {
    const std::scoped_lock lock(mutex_);
    stamps_.insert_or_assign(path, stamp);
  }

 private:
  std::mutex mutex_;
  std::map<fs::path, Stamp> stamps_;
};

Known& known() {
  static Known files;
  return files;
}

}  // namespace

fs::path seal_of(const fs::path& path) { return path.string() + ".seal"; }

Result<> seal(const fs::path& path) {
  const auto stamp = seal_stamp(path);
  ASSAY_TRY(const std::string text, content(path));
  ASSAY_TRY_VOID(write_file(seal_of(path), text));
  if (stamp) known().add(path, *stamp);
  return {};
}

bool is_intact(const fs::path& path, const Told& told) {
  const auto stamp = seal_stamp(path);
  if (!stamp) return false;
  if (known().holds(path, *stamp)) return true;
  const auto sealed = read_file(seal_of(path));
  const auto now = content(path);
  if (sealed && now && *sealed == *now) {
    known().add(path, *stamp);
    return true;
  }
  if (told)
    told(fmt::format("{} {}: it is made anew", path.string(), sealed ? "is damaged" : "was never sealed"));
  return false;
}

}  // namespace assay
