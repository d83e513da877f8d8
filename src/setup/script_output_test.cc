#include "setup/script_output.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "setup/sample_framework.h"

namespace assay::setup {
namespace {

class ScriptOutputTest : public SampleFramework {
 protected:
  ScriptOutputTest() { std::filesystem::create_directories(top_); }
  [[nodiscard]] std::filesystem::path log() const { return top_ / "script.log"; }
};

TEST_F(ScriptOutputTest, ALineIsWhatCameInPiecesAndTheLogHasEveryByte) {
  ScriptOutput output(log(), std::nullopt);
  for (const std::string_view piece : {"Coll", "ecting numpy\n 10%\r", " 20%\r\n"}) output.add(piece);
  EXPECT_EQ(output.progress(), "0:00   20%");
  EXPECT_EQ(output.tail(), "\n  Collecting numpy\n   10%\n   20%");
  EXPECT_EQ(read_file(log()).value(), "Collecting numpy\n 10%\r 20%\r\n");
}

TEST_F(ScriptOutputTest, WarningsPassByUnseenWhileStepsAreCounted) {
  ScriptOutput output(log(), std::nullopt);
  output.add("[3/9] Building a.o\nwarning: unused\n  int x;\n");
  EXPECT_EQ(output.progress(), "0:00  [3/9] Building a.o");
  output.add("[9/9] Linking\ncopying\n");
  EXPECT_EQ(output.progress(), "0:00  copying");
}

TEST_F(ScriptOutputTest, WhatIsLeftIsSaidAsAGuessAndOnlyWhereItIsKnown) {
  EXPECT_EQ(ScriptOutput(log(), 5).progress(), "0:00, about 5 min left");
  EXPECT_EQ(ScriptOutput(log(), 0).progress(), "0:00");
  EXPECT_EQ(ScriptOutput(log(), std::nullopt).progress(), "0:00");
}

TEST_F(ScriptOutputTest, OnlyTheLastLinesAreKept) {
  ScriptOutput output(log(), std::nullopt);
  for (int i = 0; i < 20'000; ++i) output.add(fmt::format("line {}\n", i));
  EXPECT_TRUE(output.tail().starts_with("\n  line 19985\n")) << output.tail();
  EXPECT_TRUE(output.tail().ends_with("\n  line 19999"));
}

}  // namespace
}  // namespace assay::setup
