// The reference in a child process: what becomes of one that fails or is interrupted.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "base/file.h"
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

// A command that handles no interrupt, as `assay materials`, dies by Ctrl-C and leaves nobody computing: the
// terminal reaches the child too.
TEST(Reference, AChildIsOfTheTerminalsGroup) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("assay_reference_group.{}", ::getpid());
  fs::create_directories(folder);
  ASSERT_TRUE(write_file(folder / "assay", "#!/bin/sh\nps -o pgid= -p $$\nexit 1\n"));
  fs::permissions(folder / "assay", fs::perms::owner_all);
  const auto said = child_evaluator(folder / "assay")({.graph = "g.json", .out = folder / "out"});
  ASSERT_FALSE(said);
  EXPECT_NE(said.error().message.find(fmt::format("{}", ::getpgrp())), std::string::npos)
      << said.error().message;
  fs::remove_all(folder);
}

}  // namespace
}  // namespace assay::verify
