#include "report/formats.h"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

TEST(Formats, CsvQuotesWhatWouldEndACellOrALine) {
  const Table table{{{"name", "figure"}, {"a,b", "1"}, {"say \"x\"", "2"}, {"two\nlines\r", "3"}}, {}};
  EXPECT_EQ(to_csv(table), "name,figure\n\"a,b\",1\n\"say \"\"x\"\"\",2\ntwo?lines?,3\n");
}

TEST(Formats, CsvLeavesOutWhatIsForTheEye) {
  EXPECT_EQ(to_csv(Table{{{"a", "", "b"}, {"1", "###", "2"}}, {}}), "a,b\n1,2\n");
}

TEST(Formats, CsvOfSectionsIsOneTableWithTheColumnsOfAll) {
  const std::vector<Section> sections = {
      {"First", {{"table", "one"}}, {{{"name", "size"}, {"x", "1"}}, {}}},
      {"Second", {{"table", "two"}, {"of", "all"}}, {{{"speed", "name"}, {"9", "y"}, {"8", "z"}}, {}}}};
  EXPECT_EQ(formatted(sections, "csv"),
            "table,of,name,size,speed\n"
            "one,,x,1,\n"
            "two,all,y,,9\n"
            "two,all,z,,8\n");
  EXPECT_EQ(to_csv(std::span<const Section>()), "");
}

TEST(Formats, SectionsHaveTheirTitlesInTextAndMarkdown) {
  const std::vector<Section> sections = {{"First", {{"table", "one"}}, {{{"a"}, {"1"}}, {}}},
                                         {"Se|cond", {}, {{{"b"}, {"2"}}, {}}}};
  EXPECT_EQ(formatted(sections, "text"), "First\n  a\n  1\n\nSe|cond\n  b\n  2\n");
  EXPECT_EQ(formatted(sections, "markdown"),
            "**First**\n\n| a |\n|---|\n| 1 |\n\n**Se\\|cond**\n\n| b |\n|---|\n| 2 |\n");
}

TEST(Formats, MarkdownStaysATableWhateverANameIs) {
  EXPECT_EQ(to_markdown(Table{{{"a|b"}, {"<img src=x>`*\\"}}, {}}),
            "| a\\|b               |\n|---|\n| \\<img src=x>\\`\\*\\\\ |\n");
  EXPECT_EQ(markdown_text("two\nlines"), "two?lines");
}

TEST(Formats, MarkdownHasARuleAndAlignedColumns) {
  const Table table{{{"a", "b"}, {"long", "µ"}}, {false, true}};
  EXPECT_EQ(to_markdown(table), "| a    | b |\n|---|---:|\n| long | µ |\n");
}

}  // namespace
}  // namespace assay::report
