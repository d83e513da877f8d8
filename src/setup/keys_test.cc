#include "setup/keys.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/file.h"

namespace assay::setup {
namespace {

namespace fs = std::filesystem;

TEST(Keys, OfARunnersFilesAreThoseThatItRunsFrom) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("assay_keys_test.{}", ::getpid());
  const std::array folders = {folder};
  const auto put = [&](const char* file, const char* text) {
    fs::create_directories((folder / file).parent_path());
    EXPECT_TRUE(write_file(folder / file, text));
    return files_key(folders).value();
  };
  const std::string key = put("runner.py", "1");
  for (const char* beside : {"README.md", "tests/test_a.py", "parity/results/a.json",
                             "unsupported/runner/a.json", "__pycache__/runner.pyc"})
    EXPECT_EQ(put(beside, "x"), key) << beside;
  EXPECT_NE(put("rewrite/rules.py", "x"), key);
  EXPECT_NE(put("runner.py", "2"), key);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace assay::setup
