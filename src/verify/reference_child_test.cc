// The reference in a child process: what becomes of one that fails or is interrupted.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "verify/truth.h"

namespace assay::verify {
namespace {

namespace fs = std::filesystem;

TEST(Reference, AChildThatFailsIsAnError) {
  const ReferenceJob job{.graph = "g.json",
                         .out = fs::temp_directory_path() / fmt::format("assay_reference.{}", ::getpid())};
  EXPECT_FALSE(child_evaluator("/no/such/program")(job));
  EXPECT_FALSE(child_evaluator("false")(job));
  EXPECT_TRUE(child_evaluator("true")(job));
  const std::atomic<bool> stop = true;
  const auto stopped = child_evaluator("yes", &stop)(job);
  ASSERT_FALSE(stopped);
  EXPECT_NE(stopped.error().message.find("interrupted"), std::string::npos);
}

}  // namespace
}  // namespace assay::verify
