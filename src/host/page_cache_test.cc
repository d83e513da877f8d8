#include "host/page_cache.h"

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace assay::host {
namespace {

namespace fs = std::filesystem;

// A file system in memory has nothing else to keep its files in.
bool in_memory(const fs::path& folder) {
  struct statfs facts = {};
  return ::statfs(folder.c_str(), &facts) == 0 && facts.f_type == TMPFS_MAGIC;
}

TEST(PageCache, DropsAFileBelowAFolderThoughItWasJustWritten) {
  if (in_memory(fs::current_path())) GTEST_SKIP() << "the build folder lies in memory";
  const fs::path folder = fs::current_path() / ("page_cache_test." + std::to_string(::getpid()));
  fs::create_directories(folder / "deep");
  std::ofstream(folder / "deep" / "file") << std::string(1 << 20, 'x');
  const std::vector<fs::path> paths = {folder};
  const auto share = drop_from_page_cache(paths);
  fs::remove_all(folder);
  if (!share) GTEST_SKIP() << "the system does not tell";
  EXPECT_EQ(*share, 1.0);
}

TEST(PageCache, NothingToDropIsAbsent) {
  const std::vector<fs::path> paths = {"/no/such/file"};
  EXPECT_FALSE(drop_from_page_cache(paths));
}

}  // namespace
}  // namespace assay::host
