#include "exchange/results_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "exchange/equal_records_fixture.h"
#include "exchange/full_run_fixture.h"

namespace assay::exchange {
namespace {

namespace fs = std::filesystem;

class ResultsFile : public testing::Test {
 protected:
  ResultsFile() : path_(fs::path(testing::TempDir()) / fmt::format("results-{}.jsonl", ::getpid())) {}
  ~ResultsFile() override { fs::remove(path_); }

  static std::string text_of(const std::vector<record::Run>& runs) {
    std::string text;
    ResultsWriter writer([&](std::string_view piece) -> Result<> {
      text += piece;
      return {};
    });
    EXPECT_TRUE(writer.begin({"0.1.0", "2026-01-01T00:00:00Z"}));
    for (const auto& run : runs) EXPECT_TRUE(writer.add(run));
    EXPECT_TRUE(writer.end());
    return text;
  }

  Result<std::vector<record::Run>> read(const std::string& text) {
    EXPECT_TRUE(write_file(path_, text));
    ASSAY_TRY(auto reader, ResultsReader::open(path_));
    std::vector<record::Run> runs;
    for (;;) {
      ASSAY_TRY(auto run, reader.next());
      if (!run) return runs;
      runs.push_back(*std::move(run));
    }
  }
  // What is said of a damaged text, behind the file's name.
  std::string fault_in(const std::string& text) {
    const auto runs = read(text);
    if (runs) return "";
    EXPECT_EQ(runs.error().kind, ErrorKind::data);
    EXPECT_EQ(runs.error().message.find(path_.string()), 0U) << runs.error().message;
    EXPECT_EQ(runs.error().message.find('\n'), std::string::npos);
    return runs.error().message.substr(std::min(path_.string().size(), runs.error().message.size()));
  }

  fs::path path_;
};

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

TEST_F(ResultsFile, HasItsRunsInOrder) {
  const auto runs = read(text_of({full_run("b-1"), partial_run("a-2"), full_run("c-3")}));
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 3U);
  expect_equal((*runs)[0], full_run("b-1"));
  expect_equal((*runs)[1], partial_run("a-2"));
  expect_equal((*runs)[2], full_run("c-3"));
}

TEST_F(ResultsFile, MayHaveNoRuns) {
  const auto runs = read(text_of({}));
  ASSERT_TRUE(runs) << runs.error().message;
  EXPECT_TRUE(runs->empty());
}

TEST_F(ResultsFile, MayBeJoinedOfSeveral) {
  const auto runs = read(text_of({full_run("a")}) + text_of({}) + text_of({full_run("b")}));
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ((*runs)[1].id, "b");
}

TEST_F(ResultsFile, ThatIsCutOffAnywhereIsNoticed) {
  const std::string whole = text_of({full_run("a"), full_run("b")});
  const auto lines = lines_in(whole);
  for (size_t kept = 1; kept < lines.size(); ++kept) {
    const std::string fault = fault_in(joined({lines.begin(), lines.begin() + static_cast<long>(kept)}));
    EXPECT_NE(fault.find(fmt::format("with line {}.", kept)), std::string::npos) << fault;
    EXPECT_EQ(fault.find(": is cut off: it ends "), 0U) << fault;
  }
  for (size_t bytes = 0; bytes + 1 < whole.size(); bytes += 97)
    EXPECT_NE(fault_in(whole.substr(0, bytes)), "") << bytes;
}

TEST_F(ResultsFile, ThatLacksALineOrHasOneTwiceIsNoticed) {
  const auto lines = lines_in(text_of({full_run("a"), full_run("b")}));
  for (size_t i = 0; i < lines.size(); ++i) {
    auto fewer = lines, more = lines;
    fewer.erase(fewer.begin() + static_cast<long>(i));
    more.insert(more.begin() + static_cast<long>(i), lines[i]);
    EXPECT_NE(fault_in(joined(fewer)), "") << "without line " << i + 1;
    EXPECT_NE(fault_in(joined(more)), "") << "with line " << i + 1 << " twice";
  }
}

TEST_F(ResultsFile, InWhichAnyDigitWasChangedIsNoticed) {
  std::string text = text_of({full_run("a")});
  int changed = 0;
  for (size_t i = text.find('\n'); i < text.rfind("\"runs\""); ++i) {
    if (text[i] < '0' || text[i] > '9') continue;
    const char was = std::exchange(text[i], text[i] == '1' ? '2' : '1');
    EXPECT_NE(fault_in(text), "") << "at byte " << i;
    text[i] = was;
    ++changed;
    i += 7;  // of some thousands
  }
  EXPECT_GT(changed, 100);
}

TEST_F(ResultsFile, SaysWhichLineIsDamagedAndHow) {
  const auto lines = lines_in(text_of({full_run("a")}));
  const auto with_line = [&](size_t number, const std::string& line) {
    auto changed = lines;
    changed[number - 1] = line + "\n";
    return joined(changed);
  };
  const auto behind_line = [&](size_t number, const std::string& line) {
    auto changed = lines;
    changed.insert(changed.begin() + static_cast<long>(number), line + "\n");
    return joined(changed);
  };
  ASSERT_EQ(lines.size(), 12U);  // header, run, two results with three visits each, end, end of the file
  const std::pair<std::string, const char*> cases[] = {
      {with_line(4, "{\"visit\": "), ", line 4, column 11: not JSON: the text ends too early"},
      {with_line(4, "what is this"), ", line 4, column 1: not JSON"},
      {with_line(4, "{}"), ", line 4: is no line that `assay export` writes"},
      {with_line(2, to_line(full_result("v"))), ", line 2: a result, where a run or the end of the file was"},
      {with_line(3, to_line(full_visit(0, 0))), ", line 3: a visit, where a result or the end of run a was"},
      {with_line(11, to_line(FileEnd{1})),
       ", line 11: the end of the file, where a result or the end of run a"},
      {with_line(11, to_line(RunEnd{"b", 2, 6, ""})), ", line 11: the end of run b, where that of run a was"},
      {with_line(11, to_line(RunEnd{"a", 2, 7, ""})),
       ", line 11: run a has 2 results and 6 visits, it was "
       "written with 2 and 7"},
      {with_line(11, to_line(RunEnd{"a", 2, 6, "00"})), ", line 11: run a is not what was written"},
      {with_line(7, to_line(full_result("eager"))),
       ", line 7: the result of sample/eager@cpu m inference comes "
       "twice in run a"},
      {with_line(12, to_line(FileEnd{2})), ", line 12: there are 1 runs, 2 were written"},
      {behind_line(12, to_line(full_visit(0, 0))),
       ", line 13: a visit, where nothing or the header of another"},
      {behind_line(12, ""), ", line 13, column 1: not JSON: there is nothing"},
      {behind_line(1, lines[0]), ", line 2: the header of a file, where a run or the end of the file was"},
      {"", ": is empty"},
      {"\n", ": is no file of results"},
      {"{\"schema\": 2, \"run\": \"x\"}\n", ": is no file of results, which `assay export -o FILE` writes"},
      {std::string("SQLite format 3\0\1\2\3", 19), ": is a store, not a file of results: ASSAY_STORE="},
      {std::string(1 << 20, 'x'), ": is no file of results"},
      {"{\"assay-results\": 3, \"more\": 1}\n{\"trial\": 1}\n", ", line 1: the results are in format 3"},
  };
  for (const auto& [text, complaint] : cases)
    EXPECT_EQ(fault_in(text).find(complaint), 0U) << complaint << "\n" << fault_in(text);
}

TEST_F(ResultsFile, WithoutAHashIsTakenAsItIs) {
  auto lines = lines_in(text_of({full_run("a")}));
  lines[10] = R"({"end": {"run": "a", "results": 2, "visits": 6}})"
              "\n";
  EXPECT_EQ(fault_in(joined(lines)), "");
}

TEST_F(ResultsFile, AWriterStopsWhereItsSinkDoes) {
  ResultsWriter writer([](std::string_view) { return Result<>(fail(ErrorKind::environment, "full")); });
  EXPECT_EQ(writer.begin({}).error().message, "full");
  EXPECT_EQ(writer.add(full_run()).error().message, "full");
}

TEST_F(ResultsFile, MustBeAFile) {
  EXPECT_FALSE(ResultsReader::open(path_ / "absent"));
  EXPECT_FALSE(ResultsReader::open(fs::path(testing::TempDir())));
  EXPECT_FALSE(ResultsReader::open("/dev/zero"));
}

}  // namespace
}  // namespace assay::exchange
