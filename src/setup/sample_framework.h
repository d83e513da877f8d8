// For tests: a framework in a temporary folder, with the cache beside it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "setup/framework.h"

namespace assay::setup {

// The top of a small framework.toml for tests to add to.
inline constexpr std::string_view kSampleHead = R"(name = "sample"
title = "Sample"
language = "Python"
licence = "MIT"
)";

class SampleFramework : public ::testing::Test {
 protected:
  SampleFramework() : top_(std::filesystem::path(::testing::TempDir()) / ("setup_" + test_name())) {
    std::filesystem::remove_all(top_);
    ::setenv("ASSAY_CACHE", (top_ / "cache").c_str(), 1);
  }
  ~SampleFramework() override {
    ::unsetenv("ASSAY_CACHE");
    std::filesystem::remove_all(top_);
  }

  // Writes a file of the framework's folder.
  void put(const std::string& path, std::string_view text) { ASSERT_TRUE(write_file(folder() / path, text)); }

  [[nodiscard]] std::filesystem::path folder() const { return top_ / "tree/frameworks/sample"; }
  [[nodiscard]] std::filesystem::path frameworks_dir() const { return top_ / "tree/frameworks"; }

  std::filesystem::path top_;

 private:
  static std::string test_name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }
};

}  // namespace assay::setup
