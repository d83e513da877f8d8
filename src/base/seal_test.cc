#include "base/seal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

class Seal : public testing::Test {
 protected:
  Seal() { EXPECT_TRUE(write_file(file_, "contents")); }
  ~Seal() override { fs::remove_all(folder_); }

  [[nodiscard]] bool intact() {
    told_.clear();
    return is_intact(file_, [&](std::string_view line) { told_.emplace_back(line); });
  }
  // Changes the contents in place: neither name nor inode nor size.
  void damage() const {
    std::fstream stream(file_, std::ios::in | std::ios::out);
    stream.seekp(3);
    stream.put('X');
  }

  fs::path folder_ = fs::temp_directory_path() / fmt::format("assay-seal-{}", ::getpid());
  fs::path file_ = folder_ / "file";
  std::vector<std::string> told_;
};

TEST_F(Seal, ASealedFileIsIntact) {
  ASSERT_TRUE(seal(file_));
  EXPECT_TRUE(intact());
  EXPECT_TRUE(told_.empty());
}

TEST_F(Seal, ADamagedFileIsNot) {
  ASSERT_TRUE(seal(file_));
  ASSERT_TRUE(intact());
  damage();
  EXPECT_FALSE(intact());
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_NE(told_[0].find("file is damaged: it is made anew"), std::string::npos) << told_[0];
  ASSERT_TRUE(seal(file_));
  EXPECT_TRUE(intact());
}

TEST_F(Seal, NorIsOneThatWasCutOff) {
  ASSERT_TRUE(seal(file_));
  fs::resize_file(file_, 4);
  EXPECT_FALSE(intact());
}

TEST_F(Seal, NorOneWithoutASeal) {
  EXPECT_FALSE(intact());
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_NE(told_[0].find("was never sealed"), std::string::npos) << told_[0];
}

TEST_F(Seal, NobodyIsToldOfAFileThatIsMissing) {
  ASSERT_TRUE(seal(file_));
  fs::remove(file_);
  EXPECT_FALSE(intact());
  EXPECT_TRUE(told_.empty());
}

TEST_F(Seal, AnotherFileInItsPlaceIsNotIt) {
  ASSERT_TRUE(seal(file_));
  ASSERT_TRUE(intact());
  ASSERT_TRUE(write_file(file_, "contentX"));
  EXPECT_FALSE(intact());
}

TEST_F(Seal, WhatIsMissingCannotBeSealed) { EXPECT_FALSE(seal(folder_ / "missing")); }

}  // namespace
}  // namespace assay
