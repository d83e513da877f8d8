#include "cache/cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "base/file.h"
#include "base/seal.h"
#include "base/text.h"
#include "setup/build.h"
#include "setup/places.h"

namespace assay::cache {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCompiled = "compiled";
constexpr const char* kUsed = "an assay that runs uses it";

fs::path in_use_file() { return cache_dir() / "in-use"; }

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ec;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    found.push_back(it->path());
  std::ranges::sort(found);
  return found;
}

// Sizes on disk, each file once however many names it has.
class Sizes {
 public:
  int64_t below(const fs::path& path) {
    int64_t bytes = size(path);
    std::error_code ec;
    for (fs::recursive_directory_iterator it(path, ec), end; !ec && it != end; it.increment(ec))
      bytes += size(it->path());
    return bytes;
  }

 private:
  int64_t size(const fs::path& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0 || !seen_.emplace(info.st_dev, info.st_ino).second) return 0;
    constexpr int64_t kBlock = 512;  // the unit of st_blocks
    return kBlock * info.st_blocks;
  }
  std::set<std::pair<dev_t, ino_t>> seen_;
};

// Whether the folder is of a build that a framework still needs. One whose key cannot be told is needed.
bool needed(const fs::path& folder, std::span<const setup::Framework> frameworks) {
  const auto framework =
      std::ranges::find(frameworks, folder.parent_path().filename().string(), &setup::Framework::name);
  if (framework == frameworks.end()) return false;
  const setup::Build* build = framework->build(setup::build_name(folder));
  if (build == nullptr) return false;
  const auto current = setup::build_dir(*framework, *build);
  return !current || *current == folder;
}

void add_builds(std::vector<Removable>& things, std::span<const setup::Framework> frameworks, bool all) {
  for (const fs::path& framework : entries(cache_dir() / "frameworks"))
    for (const fs::path& folder : entries(framework)) {
      if (!fs::is_directory(folder)) continue;
      const bool is_needed = needed(folder, frameworks);
      if (!is_needed || all) things.push_back({is_needed ? "build" : "old build", folder, 0, ""});
    }
}

bool holds(const fs::path& folder, const fs::path& file) {
  const fs::path relative = file.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

// Whether some process holds the file or folder locked.
bool locked(const fs::path& path) {
  std::error_code ec;
  if (!fs::exists(path, ec)) return false;
  const auto lock = FileLock::try_take(path, FileLock::Mode::exclusive);
  return lock && !*lock;
}

std::string use_of(const Removable& thing, bool cache_used) {
  if (locked(thing.path)) return "the run still goes on";
  if (locked(setup::lock_of_build(thing.path))) return "it is being set up";
  return cache_used && thing.kind != "run left over" ? kUsed : "";
}

}  // namespace

fs::path runs_dir() { return cache_dir() / "runs"; }

Result<fs::path> compiled_dir(const setup::Framework& framework, const setup::Variant& variant) {
  const fs::path folder = cache_dir() / kCompiled / framework.name;
  const setup::Build* build = framework.build(variant.build);
  if (build == nullptr) return folder;
  ASSAY_TRY(const auto built, setup::build_dir(framework, *build));
  return folder / built.filename();
}

int64_t size_on_disk(const fs::path& folder) { return Sizes().below(folder); }

Result<FileLock> use_cache() {
  if (!is_utf8(cache_dir().string()))
    return fail(
        ErrorKind::environment,
        "{}: the cache's path is not UTF-8, and runners are told paths in JSON; set ASSAY_CACHE to another",
        cache_dir().string());
  std::error_code ec;
  fs::create_directories(cache_dir(), ec);
  {
    const std::ofstream made(in_use_file(), std::ios::app);
  }
  ASSAY_TRY(auto lock, FileLock::try_take(in_use_file(), FileLock::Mode::shared));
  if (!lock) return fail(ErrorKind::environment, "{} is just being cleaned; try again", cache_dir().string());
  return std::move(*lock);
}

Result<FileLock> lock_run(const fs::path& scratch) {
  std::error_code ec;
  fs::create_directories(scratch, ec);
  if (ec) return fail(ErrorKind::environment, "{}: cannot be created: {}", scratch.string(), ec.message());
  ASSAY_TRY(auto lock, FileLock::try_take(scratch, FileLock::Mode::exclusive));
  if (!lock) return fail(ErrorKind::usage, "run {} still goes on", scratch.filename().string());
  return std::move(*lock);
}

std::vector<Removable> removables(std::span<const setup::Framework> frameworks, bool all,
                                  const fs::path& store) {
  std::vector<Removable> things;
  for (const fs::path& run : entries(runs_dir())) things.push_back({"run left over", run, 0, ""});
  add_builds(things, frameworks, all);
  std::set<std::string> known = {"runs", "frameworks", in_use_file().filename().string()};
  const std::map<std::string, std::string> kinds = {{"weights", "models and weights"},
                                                    {"models", "models and weights"},
                                                    {"gguf", "models and weights"},
                                                    {"imports", "models and weights"},
                                                    {"truth", "truth"},
                                                    {kCompiled, "compiled by frameworks"}};
  for (const auto& [name, kind] : kinds) {
    known.insert(name);
    for (const fs::path& path : entries(cache_dir() / name))
      if (path.extension() != ".seal") things.push_back({kind, path, 0, ""});
  }
  for (const fs::path& path : all ? entries(cache_dir()) : std::vector<fs::path>())
    if (!known.contains(path.filename().string())) things.push_back({"other", path, 0, ""});
  std::erase_if(things, [&](const Removable& thing) {
    return thing.path == store || holds(thing.path, store) ||
           thing.path.string().starts_with(store.string() + "-");  // SQLite's own files beside it
  });
  const bool cache_used = locked(in_use_file());
  Sizes sizes;
  for (Removable& thing : things) {
    thing.bytes = sizes.below(thing.path);
    thing.in_use = use_of(thing, cache_used);
  }
  return things;
}

Result<> remove(std::span<Removable> things) {
  {
    const std::ofstream made(in_use_file(), std::ios::app);
  }
  ASSAY_TRY(const auto alone, FileLock::try_take(in_use_file(), FileLock::Mode::exclusive));
  for (Removable& thing : things) {
    if (thing.in_use.empty()) thing.in_use = use_of(thing, !alone);
    if (!thing.in_use.empty()) continue;
    std::error_code ec;
    fs::remove_all(thing.path, ec);
    if (ec)
      return fail(ErrorKind::environment, "{}: cannot be removed: {}", thing.path.string(), ec.message());
    fs::remove(seal_of(thing.path), ec);
  }
  return {};
}

}  // namespace assay::cache
