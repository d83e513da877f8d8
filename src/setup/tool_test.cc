#include "setup/tool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "base/file.h"
#include "setup/stamp.h"

namespace assay::setup {
namespace {
namespace fs = std::filesystem;

class ToolTest : public testing::Test {
 protected:
  ToolTest() : folder_(fs::path(testing::TempDir()) / fmt::format("tool-{}", ::getpid())) {
    const char* path = std::getenv("PATH");
    path_ = path != nullptr ? path : "";
    ::setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
  }
  ~ToolTest() override {
    ::setenv("PATH", path_.c_str(), 1);
    fs::remove_all(folder_);
  }

  // A program of that name, first on the PATH.
  void put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder_ / name, "#!/bin/bash\n" + text));
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }

  fs::path folder_;
  std::string path_;
};

// As the loader does about LD_PRELOAD, and perl and bash about a locale.
TEST_F(ToolTest, WarningsAndTheLocaleAreNoPartOfAVersion) {
  put("warns", "echo \"warning $RANDOM\" >&2; echo \"version 1 ${LC_ALL-} ${LANGUAGE-none}\"");
  ::setenv("LANGUAGE", "de", 1);
  const auto version = printed_version("warns");
  ::unsetenv("LANGUAGE");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(*version, "version 1 C none\n");
}

TEST_F(ToolTest, WhatFailsSaysWhy) {
  put("fails", "echo 'no such toolchain' >&2; exit 3");
  const auto found = find_tool("fails", {});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("no such toolchain"), std::string::npos) << found.error().message;
}

TEST_F(ToolTest, APythonIsTheInterpreterBehindWhatIsFirstOnThePath) {
  const auto plain = find_tool("python3", {});
  ASSERT_TRUE(plain) << plain.error().message;
  put("python3", "exec " + plain->path.string() + " \"$@\"");
  const auto behind = find_tool("python3", folder_);
  ASSERT_TRUE(behind) << behind.error().message;
  EXPECT_EQ(behind->path, plain->path);
  EXPECT_EQ(behind->version, plain->version);
}

TEST_F(ToolTest, AStampKeepsTools) {
  const Stamp stamp{.runner = "",
                    .footprint_bytes = 7,
                    .inputs = "0123",
                    .tools = {{"c++", {"/usr/bin/with space/c++", "abc"}}, {"python3", {"/p", "def"}}}};
  ASSERT_TRUE(write_stamp(folder_, stamp));
  const auto back = read_stamp(folder_);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->inputs, "0123");
  EXPECT_EQ(back->footprint_bytes, 7);
  ASSERT_EQ(back->tools.size(), 2U);
  EXPECT_EQ(back->tools.at("c++").path, "/usr/bin/with space/c++");
  EXPECT_EQ(back->tools.at("c++").version, "abc");
  EXPECT_FALSE(read_stamp(folder_ / "absent"));
}

}  // namespace
}  // namespace assay::setup
