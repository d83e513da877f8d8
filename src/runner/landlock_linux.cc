#include "runner/landlock_linux.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <system_error>
#include <vector>

namespace assay::runner {
namespace fs = std::filesystem;
namespace {

// linux/landlock.h of an older system lacks what a newer kernel has.
constexpr int kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;
constexpr int kPathBeneath = 1;
constexpr int kFilesFrom = 2, kTruncateFrom = 3, kScopesFrom = 6;  // versions

// 0: there is none.
int landlock_version() {
  static const int version = static_cast<int>(::syscall(kCreateRuleset, nullptr, 0, kAskVersion));
  return std::max(version, 0);
}

struct RulesetAttributes {
  uint64_t files = 0, network = 0, scopes = 0;
};
struct [[gnu::packed]] PathRule {
  uint64_t allowed = 0;
  int32_t parent = -1;
};

constexpr uint64_t kExecute = 1, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadFolder = 1 << 3;
constexpr uint64_t kChangeFolder =
    ((1 << 14) - 1) & ~0xFULL;  // make and remove of every kind; move to another
constexpr uint64_t kTruncate = 1 << 14;
constexpr uint64_t kScopes = 3;  // abstract sockets, signals
constexpr uint64_t kRead = kExecute | kReadFile | kReadFolder;
constexpr uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate;

uint64_t all_rights(int version) {
  return kRead | kWriteFile | kChangeFolder | (version >= kTruncateFrom ? kTruncate : 0);
}

Descriptor create(const RulesetAttributes& attributes, int version) {
  const size_t size = version >= kScopesFrom ? sizeof attributes : sizeof attributes.files;
  return Descriptor(static_cast<int>(::syscall(kCreateRuleset, &attributes, size, 0U)));
}

bool add(int rules, int file, uint64_t allowed) {
  const PathRule rule{allowed, file};
  return ::syscall(kAddRule, rules, kPathBeneath, &rule, 0U) == 0;
}

// The rules on their way: what is granted counts for all below.
class Grants {
 public:
  Grants(int rules, int version) : rules_(rules), all_(all_rights(version)) {}

  void read(const fs::path& path) { grant(path, kRead); }
  void change(const fs::path& path) { grant(path, all_); }
  void write_files(const fs::path& path) { grant(path, kRead | kWriteFile | (all_ & kTruncate)); }
  // Names may be listed everywhere: a program looks for its files by them.
  void list(const fs::path& path) { grant(path, kReadFolder); }

  // Grants reading of all below `folder` that is neither hidden nor on the way to something hidden. Links are
  // left out: what they lead to is granted where it lies.
  void read_but(const fs::path& folder, const std::vector<fs::path>& hidden) {
    std::error_code ec;
    for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
      if (std::ranges::find(hidden, it->path()) != hidden.end() || it->is_symlink(ec)) continue;
      if (leads_to_any(it->path(), hidden))
        read_but(it->path(), hidden);
      else
        read(it->path());
    }
  }

 private:
  static bool leads_to_any(const fs::path& folder, const std::vector<fs::path>& hidden) {
    const std::string beginning = folder.string() + "/";
    return std::ranges::any_of(hidden,
                               [&](const fs::path& path) { return path.string().starts_with(beginning); });
  }
  void grant(const fs::path& path, uint64_t allowed) const {
    const Descriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat info{};
    if (file.get() < 0 || ::fstat(file.get(), &info) != 0) return;  // what is not there needs no rule
    add(rules_, file.get(), S_ISDIR(info.st_mode) ? allowed : allowed & kOfFiles);
  }

  int rules_;
  uint64_t all_;
};

std::vector<fs::path> resolved(const std::vector<fs::path>& paths) {
  std::vector<fs::path> result;
  std::error_code ec;
  for (const fs::path& path : paths) {
    const fs::path real = fs::weakly_canonical(path, ec);
    result.push_back(ec ? path : real);
  }
  return result;
}

void grant_all(const Access& access, Grants& grants) {
  grants.list("/");
  grants.read_but("/", resolved(access.hidden));
  grants.write_files("/dev");
  grants.change("/dev/shm");
  for (const fs::path& path : access.readable) grants.read(path);
  for (const fs::path& path : access.writable) grants.change(path);
}

}  // namespace

bool rules_files() { return landlock_version() >= kFilesFrom; }

bool rules_lengths() { return landlock_version() >= kTruncateFrom; }

bool scopes_signals() { return landlock_version() >= kScopesFrom; }

Descriptor landlock_rules(const std::optional<Access>& access) {
  const int version = landlock_version();
  RulesetAttributes attributes;
  if (access && rules_files()) attributes.files = all_rights(version);
  if (scopes_signals()) attributes.scopes = kScopes;
  if (attributes.files == 0 && attributes.scopes == 0) return Descriptor();
  Descriptor rules = create(attributes, version);
  if (rules.get() < 0 || attributes.files == 0 || !access) return rules;
  Grants grants(rules.get(), version);
  grant_all(*access, grants);
  return rules;
}

// CUDA names its threads when it starts, by files of /proc that it opens as new ones (O_TRUNC).
bool restrict_self(int rules, bool own_proc) {
  if (own_proc) {
    const int file = ::open("/proc", O_PATH | O_CLOEXEC);
    // Refused, and not needed, where the rules are of signals alone.
    add(rules, file, kRead | kWriteFile | (all_rights(landlock_version()) & kTruncate));
    ::close(file);
  }
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall(kRestrictSelf, rules, 0U) == 0;
}

}  // namespace assay::runner
