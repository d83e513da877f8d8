// The folder that `assay report --site` writes: what was written into it stands in a list there, and nothing
// else in it is ever replaced or removed.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_lock.h"
#include "base/result.h"

namespace assay::cli {

class SiteFolder {
 public:
  // Makes the folder where there is none, and takes it for these files, paths below it. From then on its list
  // names them and those of before, so that whatever happens the next call may clear up. Fails (usage), with
  // nothing changed, when it is no folder, holds something and no list (hidden files do not count: a folder
  // may be a checkout), holds a file of somebody else's in the place of one of these, or is being written by
  // another process; (data) when its list is none; (environment) when it cannot be written.
  [[nodiscard]] static Result<SiteFolder> open(const std::filesystem::path& path,
                                               const std::set<std::string>& files);

  // One of the files, as a whole or not at all.
  [[nodiscard]] Result<> write(const std::string& file, std::string_view text);

  // When all are written: removes what was there before and is no more, and says what that was.
  [[nodiscard]] Result<std::vector<std::string>> finish();

 private:
  SiteFolder(std::filesystem::path path, std::set<std::string> files, std::set<std::string> before,
             FileLock lock);
  [[nodiscard]] Result<> write_manifest(const std::set<std::string>& files) const;

  std::filesystem::path path_;
  std::set<std::string> files_, before_;
  FileLock lock_;
};

}  // namespace assay::cli
