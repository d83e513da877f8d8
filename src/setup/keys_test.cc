#include "setup/keys.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/file.h"
#include "setup/sample_framework.h"

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

class OfABuild : public SampleFramework {
 protected:
  // The key of the script and its inputs, with these keys in the manifest.
  std::string key(const std::string& more) {
    const auto framework = with(more);
    return inputs_key(framework, framework.builds.front()).value();
  }
  Framework with(const std::string& more) {
    put("setup.sh", "true");
    put("framework.toml", fmt::format(R"({}[[build]]
name = "b"
script = "setup.sh"
download_mb = 1
disk_mb = 1
minutes = 1
{}
[[variant]]
name = "v"
build = "b"
command = ["true"]
)",
                                      kSampleHead, more));
    const auto framework = read_framework(folder());
    EXPECT_TRUE(framework) << framework.error().message;
    return *framework;
  }
};

TEST_F(OfABuild, ThatIsMadeForTheProcessorHasTheProcessorInItsKey) {
  EXPECT_NE(key("native = true"), key(""));
  EXPECT_EQ(key("native = false"), key(""));
}

// A test that was edited made every runner that is compiled stale, for minutes each.
TEST_F(OfABuild, TestsBesideWhatARunnerIsCompiledFromAreNotInItsKey) {
  put("compile.sh", "true");
  put("src/main.cc", "1");
  const auto compiled = [&] {
    const auto framework = with("compile = \"compile.sh\"\nsources = [\"src\"]");
    return runner_key(framework, framework.builds.front()).value();
  };
  const std::string key = compiled();
  put("src/tests/test_a.cc", "1");
  put("src/README.md", "1");
  EXPECT_EQ(compiled(), key);
  put("src/main.cc", "2");
  EXPECT_NE(compiled(), key);
}

TEST_F(OfABuild, QuickFormsAreBuildsOfTheirOwnWhereThereAreAny) {
  ::unsetenv("ASSAY_QUICK_BUILDS");  // ./test sets it
  const std::string plain = key(""), measured = key("quick = true");
  EXPECT_EQ(measured, plain);
  ::setenv("ASSAY_QUICK_BUILDS", "1", 1);
  const std::string tested = key("quick = true");
  EXPECT_EQ(key(""), plain);
  ::setenv("ASSAY_QUICK_BUILDS", "", 1);
  EXPECT_EQ(key("quick = true"), measured);
  ::unsetenv("ASSAY_QUICK_BUILDS");
  EXPECT_NE(tested, measured);
}

}  // namespace
}  // namespace assay::setup
