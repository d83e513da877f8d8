#include "base/line_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "base/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

class Lines : public testing::Test {
 protected:
  Lines() : path_(fs::path(testing::TempDir()) / fmt::format("lines-{}", ::getpid())) {}
  ~Lines() override { fs::remove(path_); }

  std::vector<std::string> lines_of(const std::string& content, size_t most = 1 << 20) {
    EXPECT_TRUE(write_file(path_, content));
    auto reader = LineReader::open(path_, most).value();
    std::vector<std::string> lines;
    for (;;) {
      const auto line = reader.next();
      if (!line) lines.push_back("! " + line.error().message);
      if (!line || !*line) return lines;
      lines.emplace_back(**line);
      EXPECT_EQ(reader.number(), static_cast<int64_t>(lines.size()));
    }
  }

  fs::path path_;
};

using Texts = std::vector<std::string>;

TEST_F(Lines, AreReadOneAfterTheOther) {
  EXPECT_EQ(lines_of("a\n\nbc\n"), (Texts{"a", "", "bc"}));
  EXPECT_EQ(lines_of("a\nbc"), (Texts{"a", "bc"})) << "the last without a line break";
  EXPECT_EQ(lines_of("\n"), Texts{""});
  EXPECT_EQ(lines_of(""), Texts{});
}

TEST_F(Lines, MayBeLongerThanWhatIsReadAtOnce) {
  const std::string longer(200'000, 'x');
  EXPECT_EQ(lines_of(longer + "\n" + longer + "y\nz\n"), (Texts{longer, longer + "y", "z"}));
}

TEST_F(Lines, ThatAreTooLongAreRefusedAndNotKept) {
  const Texts lines = lines_of("a\n" + std::string(3 << 20, 'x') + "\nb\n", 1 << 20);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], fmt::format("! {}, line 2: is longer than 1 MB, the most that is read of a line",
                                  path_.string()));
}

TEST_F(Lines, AreThoseOfAFile) {
  EXPECT_FALSE(LineReader::open(path_ / "absent", 100));
  EXPECT_FALSE(LineReader::open("/dev/zero", 100));
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(LineReader::open(path_, 100)) << "and nobody waits for a writer";
}

}  // namespace
}  // namespace assay
