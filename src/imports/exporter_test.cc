#include "imports/exporter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "base/source_tree.h"

namespace assay::imports {
namespace {
namespace fs = std::filesystem;

// What is said of one importer, in a tree of its own.
Result<std::vector<Exporter>> read(const std::string& manifest) {
  const fs::path tree = fs::path(testing::TempDir()) / fmt::format("assay-exporters-{}", ::getpid());
  EXPECT_TRUE(write_file(tree / "importers/other/importer.toml", manifest));
  auto found = exporters(tree);
  fs::remove_all(tree);
  return found;
}

constexpr const char* kWhole = R"(
title = "T"
framework = "sample"
program = "make.py"
[build]
inputs = ["a.lock"]
download_mb = 1
disk_mb = 2
minutes = 0.5
[[kind]]
name = "other"
operand = "FILE"
summary = "S"
examples = ["E"]
)";

TEST(Exporters, OfThisTreeCanAllBeRead) {
  const auto found = exporters(source_tree());
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_FALSE(found->empty());
  for (const Exporter& exporter : *found) {
    EXPECT_FALSE(exporter.kinds.empty());
    EXPECT_TRUE(fs::exists(exporter.own.directory / exporter.program));
    EXPECT_TRUE(setup::read_framework(fs::path(source_tree()) / "frameworks" / exporter.framework));
  }
}

TEST(Exporters, AreFoundByLooking) {
  const auto found = read(kWhole);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().own.name, "other-importer");
  EXPECT_EQ(found->front().kinds.front().name, "other");
  EXPECT_EQ(found->front().kinds.front().task, "");
}

TEST(Exporters, AFaultNamesFileAndKey) {
  const auto found = read(std::string(kWhole) + "colour = \"red\"\n");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("importer.toml"), std::string::npos);
  EXPECT_NE(found.error().message.find("colour"), std::string::npos);
}

}  // namespace
}  // namespace assay::imports
