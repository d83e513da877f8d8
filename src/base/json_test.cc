#include "base/json.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"

namespace assay {
namespace {

std::string fault(std::string_view text, JsonBounds bounds = {}) {
  const auto parsed = parse_json(text, "file.json", bounds);
  return parsed ? "" : parsed.error().message;
}

TEST(Json, SaysWhereAndWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "line 1, column 1: not JSON: there is nothing"},
      {"{\"a\": [1,\n 2", "line 2, column 3: not JSON: the text ends too early"},
      {"{\n  \"a\": 1,\n}", "line 3, column 1: not JSON: a comma after the last item"},
      {"[1, 2,]", "line 1, column 7: not JSON: a comma after the last item"},
      {"{\n \"a\": NaN}", "line 2, column 7: not JSON: NaN, which Python writes"},
      {"[Infinity]", "line 1, column 2: not JSON: Infinity, which Python writes"},
      {"[-Infinity]", "line 1, column 3: not JSON: -Infinity, which Python writes"},
      {"{\n // what\n}", "line 2, column 2: not JSON: a comment"},
      {"[/* what */ 1]", "line 1, column 2: not JSON: a comment"},
      {"# what\n{}", "line 1, column 1: not JSON: a comment"},
      {"{'a': 1}", "line 1, column 2: not JSON: a text in single quotes"},
      {"[True]", "line 1, column 2: not JSON: True is Python's"},
      {"[None]", "line 1, column 2: not JSON: None is Python's"},
      {"{\"größe\": x}", "line 1, column 11: not JSON: 'x}' is not expected here"},
      {"{} {}", "line 1, column 4: not JSON: '{}' is not expected here"},
      {"\xEF\xBB\xBF{}", "not JSON: it begins with a byte order mark"},
      {"[1e999]", "a number that is too large"},
      {"{\"a\": 1, \"b\": {\"c\": 1, \"c\": 2}}", "\"c\" comes twice in one object"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_NE(fault(text).find(message), std::string::npos) << text << "\n" << fault(text);
    EXPECT_EQ(fault(text).find("file.json"), 0U) << fault(text);
  }
  EXPECT_NE(fault(std::string("{}\0 x", 5)).find("a NUL byte"), std::string::npos);
  EXPECT_EQ(fault(R"({"a": [1, -2.5e3, null, true, "x"], "b": {"a": "ü"}})"), "");
}

TEST(Json, OfATextThatIsOneLineOfAFileTheColumnIsNamed) {
  const auto parsed = parse_json("[1, 2,]", "file, line 7", {}, JsonPlace::column);
  EXPECT_EQ(parsed.error().message.find("file, line 7, column 7: not JSON: a comma"), 0U)
      << parsed.error().message;
}

TEST(Json, DepthIsBounded) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(fault(nested(kMostNesting)), "");
  EXPECT_NE(fault(nested(kMostNesting + 1)).find("column 65: nested too deep"), std::string::npos);
  EXPECT_NE(fault(std::string(200'000, '[')).find("nested too deep"), std::string::npos);
  EXPECT_EQ(fault("[\"\\\"" + std::string(1000, '{') + "\"]"), "") << "in a text, behind a quote";
  EXPECT_NE(fault("\"a\\\\\"" + std::string(1000, '{')).find("nested too deep"), std::string::npos);
}

TEST(Json, TheNumberOfValuesIsBounded) {
  std::string text = "[";
  for (int i = 0; i < 100; ++i) text += "[],";
  text += "0]";
  EXPECT_EQ(fault(text), "");
  EXPECT_NE(fault(text, {.containers = 100}).find("more than 100 lists and objects"), std::string::npos);
  EXPECT_NE(fault(text, {.values = 100}).find("more than 100 values"), std::string::npos);
  EXPECT_EQ(fault(text, {.containers = 101, .values = 202}), "");
}

TEST(Json, FilesAreRegularAndBounded) {
  const auto folder = std::filesystem::path(testing::TempDir()) / fmt::format("json-{}", ::getpid());
  const auto file = folder / "a.json", pipe = folder / "pipe.json";
  ASSERT_TRUE(write_file(file, "{\"a\": [1, 2]}"));
  EXPECT_TRUE(read_json(file));
  EXPECT_FALSE(read_json(file, 5));
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(read_json(pipe)) << "and nobody waits for a writer";
  EXPECT_FALSE(read_json("/dev/zero"));
}

TEST(Json, TextThatIsNotUtf8IsReplaced) {
  EXPECT_EQ(json_text(nlohmann::json("a\xff")), "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace assay
