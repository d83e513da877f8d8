#include "base/part_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace assay {
namespace {
namespace fs = std::filesystem;

class PartFileTest : public testing::Test {
 protected:
  PartFileTest() : folder_(fs::path(testing::TempDir()) / fmt::format("part-file-{}", ::getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~PartFileTest() override { fs::remove_all(folder_); }

  static std::string fault(const fs::path& path) {
    const auto written = write_file(path, "new");
    return written ? "" : written.error().message;
  }

  fs::path folder_;
};

TEST_F(PartFileTest, OnlyRegularFilesAreReplaced) {
  const fs::path pipe = folder_ / "pipe", null = folder_ / "null";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  fs::create_symlink("/dev/null", null);
  for (const fs::path& path : {pipe, null, folder_, fs::path("/dev/null")})
    EXPECT_NE(fault(path).find("is no regular file"), std::string::npos) << path << ": " << fault(path);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_TRUE(fs::is_fifo(fs::symlink_status(pipe)));
  EXPECT_TRUE(fs::is_symlink(null));
}

TEST_F(PartFileTest, ALinkIsFollowed) {
  const fs::path file = folder_ / "data/file", link = folder_ / "link";
  fs::create_symlink("data/file", link);
  EXPECT_EQ(fault(link), "") << "what it names need not be there";
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read_file(file).value(), "new");
}

TEST_F(PartFileTest, WhatLiesAtTheNameOfThePartIsNotWrittenTo) {
  const fs::path file = folder_ / "file", part = fmt::format("{}.{}.part", file.string(), ::getpid());
  ASSERT_TRUE(write_file(folder_ / "other", "other"));
  fs::create_symlink(folder_ / "other", part);
  EXPECT_EQ(fault(file), "");
  EXPECT_EQ(read_file(folder_ / "other").value(), "other");
  ASSERT_EQ(::mkfifo(part.c_str(), 0600), 0);
  EXPECT_EQ(fault(file), "") << "and nobody waits for a reader";
}

TEST_F(PartFileTest, NothingIsLeftUnlessItIsCommitted) {
  ASSERT_TRUE(write_file(folder_ / "file", "old"));
  {
    EXPECT_TRUE(PartFile(folder_ / "file").write("half"));
  }
  EXPECT_EQ(read_file(folder_ / "file").value(), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace assay
