#include "cli/site_folder.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "report/site_names.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;
using report::kManifestFile;

std::string shown(const fs::path& path) { return one_line(path.string()); }

Result<> make(const fs::path& path) {
  std::error_code ec;
  const auto status = fs::status(path, ec);
  if (fs::exists(status) && !fs::is_directory(status))
    return fail(ErrorKind::usage, "--site: {} is a file; name a folder", shown(path));
  fs::create_directories(path, ec);
  if (ec) return fail(ErrorKind::environment, "{}: cannot be made: {}", shown(path), ec.message());
  return {};
}

// Whether there is anything in it that is seen.
Result<bool> holds_something(const fs::path& path) {
  std::error_code ec;
  fs::directory_iterator entries(path, ec);
  for (; !ec && entries != fs::directory_iterator(); entries.increment(ec))
    if (!entries->path().filename().string().starts_with('.')) return true;
  if (ec) return fail(ErrorKind::environment, "{}: cannot be read: {}", shown(path), ec.message());
  return false;
}

// What the folder's list says was written into it.
Result<std::set<std::string>> listed(const fs::path& path) {
  const fs::path manifest = path / kManifestFile;
  std::error_code ec;
  if (!fs::exists(fs::symlink_status(manifest, ec))) {
    ASSAY_TRY(const bool something, holds_something(path));
    if (something)
      return fail(
          ErrorKind::usage,
          "--site: {} holds files, and no {} that says which of them are a report's: name a new or an "
          "empty folder",
          shown(path), kManifestFile);
    return std::set<std::string>();
  }
  ASSAY_TRY(const std::string text, read_file(manifest));
  auto files = report::read_manifest(text);
  if (!files)
    return fail(ErrorKind::data,
                "{}: is no list of a report's files: remove what that report wrote and this list, or name "
                "another folder",
                shown(manifest));
  return *std::move(files);
}

// That nothing of somebody else's is where one of the files will be.
Result<> check_places(const fs::path& path, const std::set<std::string>& files,
                      const std::set<std::string>& ours) {
  for (const std::string& file : files) {
    std::error_code ec;
    const auto status = fs::symlink_status(path / file, ec);
    if (!fs::exists(status) || (ours.contains(file) && fs::is_regular_file(status))) continue;
    return fail(ErrorKind::usage, "--site: {} is there and was not written by a report: move it away",
                shown(path / file));
  }
  return {};
}

}  // namespace

SiteFolder::SiteFolder(fs::path path, std::set<std::string> files, std::set<std::string> before,
                       FileLock lock)
    : path_(std::move(path)), files_(std::move(files)), before_(std::move(before)), lock_(std::move(lock)) {}

Result<SiteFolder> SiteFolder::open(const fs::path& path, const std::set<std::string>& files) {
  ASSAY_TRY_VOID(make(path));
  ASSAY_TRY(auto lock, FileLock::try_take(path, FileLock::Mode::exclusive));
  if (!lock) return fail(ErrorKind::usage, "--site: another process is writing {}", shown(path));
  ASSAY_TRY(auto before, listed(path));
  ASSAY_TRY_VOID(check_places(path, files, before));
  auto all = files;
  all.insert(before.begin(), before.end());
  SiteFolder folder(path, files, std::move(before), *std::move(lock));
  ASSAY_TRY_VOID(folder.write_manifest(all));
  return folder;
}

Result<> SiteFolder::write(const std::string& file, std::string_view text) {
  return write_file(path_ / file, text);
}

Result<std::vector<std::string>> SiteFolder::finish() {
  std::vector<std::string> gone;
  for (const std::string& file : before_) {
    if (files_.contains(file)) continue;
    std::error_code ec;
    if (fs::is_regular_file(fs::symlink_status(path_ / file, ec)) && fs::remove(path_ / file, ec))
      gone.push_back(file);
    if (ec && ec != std::errc::no_such_file_or_directory && ec != std::errc::not_a_directory)
      return fail(ErrorKind::environment, "{}: cannot be removed: {}", shown(path_ / file), ec.message());
  }
  ASSAY_TRY_VOID(write_manifest(files_));
  return gone;
}

Result<> SiteFolder::write_manifest(const std::set<std::string>& files) const {
  return write_file(path_ / kManifestFile, report::manifest_text(files, kVersion));
}

}  // namespace assay::cli
