#include "setup/places.h"

#include <algorithm>
#include <functional>

#include "base/file.h"
#include "setup/build.h"
#include "setup/keys.h"
#include "setup/stamp.h"

namespace assay::setup {
namespace fs = std::filesystem;

std::string build_name(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.substr(0, name.rfind('-'));
}

fs::path lock_of_build(const fs::path& folder) {
  return folder.parent_path() / (build_name(folder) + ".lock");
}

fs::path framework_cache(const Framework& framework) { return cache_dir() / "frameworks" / framework.name; }

std::vector<fs::path> completed_builds(const Framework& framework, const Build& build) {
  std::vector<fs::path> folders;
  std::error_code ec;
  for (fs::directory_iterator it(framework_cache(framework), ec), end; !ec && it != end; it.increment(ec)) {
    if (build_name(it->path()) == build.name && read_stamp(it->path())) folders.push_back(it->path());
  }
  std::ranges::sort(folders, std::greater(), completed);
  return folders;
}

Result<bool> usable(const Framework& framework, const Build& build, const fs::path& folder) {
  const auto stamp = read_stamp(folder);
  if (!stamp) return false;
  ASSAY_TRY(const std::string inputs, inputs_key(framework, build));
  if (stamp->inputs != inputs) return false;
  for (const std::string& name : build.tools) {
    const auto tool = stamp->tools.find(name);
    if (tool == stamp->tools.end()) return false;
    ASSAY_TRY(const bool same, still_there(name, tool->second, framework.directory));
    if (!same) return false;
  }
  return true;
}

namespace {

// What is missing comes from one of these; installing those that are there changes nothing.
Error with_packages(Error error, const Framework& framework) {
  if (error.kind == ErrorKind::environment && !framework.packages.empty())
    error.message += fmt::format("; on Debian: apt-get install {}", fmt::join(framework.packages, " "));
  return error;
}

}  // namespace

Result<fs::path> build_dir(const Framework& framework, const Build& build) {
  const auto key = folder_key(framework, build);
  const fs::path own = key ? framework_cache(framework) / fmt::format("{}-{}", build.name, *key) : fs::path();
  // The stamp of an older version does not say what the build was made of; the folder's name does.
  if (const auto stamp = key ? read_stamp(own) : std::nullopt; stamp && stamp->inputs.empty()) return own;
  auto folders = completed_builds(framework, build);
  std::ranges::stable_partition(folders, [&](const fs::path& folder) { return folder == own; });
  for (const fs::path& folder : folders) {
    ASSAY_TRY(const bool good, usable(framework, build, folder));
    if (good) return folder;
  }
  if (!key) return std::unexpected(with_packages(key.error(), framework));
  return own;
}

}  // namespace assay::setup
