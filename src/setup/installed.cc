// The files a build installed (build.h).
#include <algorithm>
#include <array>

#include "setup/build.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

// What set-up itself leaves at the top of a build's folder.
constexpr std::array<std::string_view, 3> kOurs = {"stamp", "setup.log", "installed.txt"};

// The installer came with the environment and is not part of the framework; compiled Python appears and
// disappears with use.
bool is_left_out(const fs::path& path) {
  const std::string name = path.filename().string();
  const bool in_packages = path.parent_path().filename() == "site-packages";
  return name == "__pycache__" || path.extension() == ".pyc" ||
         (in_packages && (name == "pip" || name.starts_with("pip-")));
}

}  // namespace

Result<std::vector<InstalledFile>> installed_files(const Framework& framework, const Build& build) {
  ASSAY_TRY(const fs::path folder, build_dir(framework, build));
  std::vector<InstalledFile> files;
  std::error_code ec;
  fs::recursive_directory_iterator it(folder, ec);
  for (const fs::recursive_directory_iterator end; !ec && it != end; it.increment(ec)) {
    std::error_code gone;  // a file that disappears while we look is not installed
    if (is_left_out(it->path()))
      it.disable_recursion_pending();
    else if (!it->is_symlink(gone) && it->is_regular_file(gone))
      files.push_back(
          {it->path().lexically_relative(folder).string(), static_cast<int64_t>(it->file_size(gone))});
  }
  if (ec) return fail(ErrorKind::environment, "{}: cannot be listed: {}", folder.string(), ec.message());
  std::erase_if(files,
                [](const InstalledFile& file) { return std::ranges::find(kOurs, file.path) != kOurs.end(); });
  std::ranges::sort(files, {}, &InstalledFile::path);
  return files;
}

}  // namespace assay::setup
