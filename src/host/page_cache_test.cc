#include "host/page_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace assay::host {
namespace {

namespace fs = std::filesystem;

TEST(PageCache, DropsAFileBelowAFolder) {
  // On the disk, not in a temporary folder, which may be memory.
  const fs::path folder = fs::current_path() / ("page_cache_test." + std::to_string(::getpid()));
  fs::create_directories(folder / "deep");
  std::ofstream(folder / "deep" / "file") << std::string(1 << 20, 'x');
  const std::vector<fs::path> paths = {folder};
  const auto share = drop_from_page_cache(paths);
  fs::remove_all(folder);
  if (!share) GTEST_SKIP() << "the system does not tell";
  EXPECT_GE(*share, 0.0);
  EXPECT_LE(*share, 1.0);
}

TEST(PageCache, NothingToDropIsAbsent) {
  const std::vector<fs::path> paths = {"/no/such/file"};
  EXPECT_FALSE(drop_from_page_cache(paths));
}

}  // namespace
}  // namespace assay::host
