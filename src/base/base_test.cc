#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/hash.h"
#include "base/text.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

fs::path fresh_folder(const char* name) {
  const fs::path folder = fs::path(testing::TempDir()) / fmt::format("base-{}-{}", ::getpid(), name);
  fs::remove_all(folder);
  return folder;
}

TEST(Text, AWordIsQuotedWhereAShellWouldTakeItForMore) {
  EXPECT_EQ(shell_word("smollm2-135m"), "smollm2-135m");
  EXPECT_EQ(shell_word("latency[@4096]"), "'latency[@4096]'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(NearestNames, FindsTyposSwapsAndParts) {
  const std::array<std::string, 4> known = {"smollm2-135m", "smollm2-360m", "resnet-50", "whisper-tiny"};
  EXPECT_EQ(nearest_names("smolml2-135m", known).front(), "smollm2-135m");
  EXPECT_EQ(nearest_names("resnet", known).front(), "resnet-50");
  EXPECT_TRUE(nearest_names("zzzzzzzz", known).empty());
  EXPECT_TRUE(nearest_names("", known).empty());
  EXPECT_TRUE(nearest_names(std::string(size_t{1} << 22, 'z'), known).empty()) << "and at once";
  EXPECT_EQ(did_you_mean("wisper-tiny", known), " Did you mean whisper-tiny?");
}

TEST(Sanitised, TakesThePowerFromEscapesAndKeepsText) {
  EXPECT_EQ(sanitised("\033[31mred\033[0m\a"), "?[31mred?[0m?");
  EXPECT_EQ(sanitised("größer\n\tok"), "größer\n\tok");
  EXPECT_EQ(sanitised("\xff\xc3"), "??");
  EXPECT_EQ(sanitised("\xC2\x9B"
                      "31m"),
            "?31m")
      << "C1 control characters act like escapes in some terminals";
  EXPECT_EQ(sanitised("abcdef", 3), "abc […]");
}

// They turn the direction of what follows, hide, or break a line where none ends.
TEST(Sanitised, LeavesNothingThatIsNotSeen) {
  for (const char* unseen : {"\u202E", "\u2066", "\u2069", "\u200B", "\u200F", "\u2028", "\u2029", "\uFEFF",
                             "\u00AD", "\u061C", "\u2060", "\U000E0041", "\x7F"})
    EXPECT_EQ(sanitised(std::string("a") + unseen + "b"), "a?b");
  for (const char* seen : {"\u00E4", "\u2026", "\u4E2D", "\u2212", "\U0001F600", "\u00A0", "\u0627"})
    EXPECT_EQ(sanitised(seen), seen);
  for (const char* invalid : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80"})
    EXPECT_EQ(sanitised(invalid).find_first_not_of('?'), std::string::npos) << "not UTF-8";
  EXPECT_EQ(one_line("a\nb\tc\u2028d"), "a?b?c?d");
}

TEST(Utf8, IsToldFromOtherBytes) {
  EXPECT_TRUE(is_utf8("größe \U0001F600"));
  for (const char* other : {"\xff", "a\xC3", "\xC0\xAF", "\xED\xA0\x80"}) EXPECT_FALSE(is_utf8(other));
}

TEST(Hasher, SeparatesWhatWasAddedAndIsStable) {
  EXPECT_NE(Hasher().add("ab").add("c").hex(), Hasher().add("a").add("bc").hex());
  EXPECT_EQ(Hasher().add("weights").add(int64_t{7}).hex(), Hasher().add("weights").add(int64_t{7}).hex());
  EXPECT_EQ(Hasher().add("").hex().size(), 32U);
  EXPECT_EQ(name_key("model.norm.weight"), 9723495255747207483ULL)
      << "keys of caches and of generated weights must never change";
}

TEST(File, OfAnotherProgramIsPlainOrRefused) {
  const fs::path folder = fresh_folder("plain");
  const fs::path file = folder / "file", link = folder / "link", pipe = folder / "pipe";
  ASSERT_TRUE(write_file(file, "abc"));
  const auto fault = [](const fs::path& path) {
    const auto opened = MappedFile::read_plain(path);
    return opened ? "" : opened.error().message;
  };
  EXPECT_EQ(fault(file), "");
  fs::create_symlink(file, link);
  EXPECT_NE(fault(link).find("is a symbolic link"), std::string::npos) << fault(link);
  EXPECT_TRUE(MappedFile::open(link)) << "a user's own files may be links";
  fs::create_hard_link(file, folder / "again");
  EXPECT_NE(fault(file).find("the file has 2 names"), std::string::npos) << fault(file);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(fault(pipe).find("not a regular file"), std::string::npos) << "and nobody waits for a writer";
  EXPECT_FALSE(MappedFile::open(pipe));
  EXPECT_FALSE(read_file(pipe));
  EXPECT_FALSE(read_beginning(pipe, 8));
  EXPECT_NE(fault(folder).find("not a regular file"), std::string::npos);
  EXPECT_NE(fault("/dev/zero").find("not a regular file"), std::string::npos);
  EXPECT_NE(fault(folder / "absent").find("cannot be opened"), std::string::npos);
}

// What is mapped ends with the file: whoever reads on is ended by the system.
TEST(File, ACopyOutlivesWhatIsCutOff) {
  const fs::path file = fresh_folder("cut") / "file";
  ASSERT_TRUE(write_file(file, std::string(1 << 20, 'x')));
  const auto copy = MappedFile::read_plain(file);
  ASSERT_TRUE(copy);
  ASSERT_EQ(::truncate(file.c_str(), 0), 0);
  EXPECT_EQ((*copy)->bytes().size(), size_t{1} << 20);
  EXPECT_EQ((*copy)->bytes().back(), std::byte{'x'});
}

TEST(File, TheBeginningComesWithTheLength) {
  const fs::path file = fresh_folder("beginning") / "file";
  ASSERT_TRUE(write_file(file, "abcdef"));
  const auto three = read_beginning(file, 3);
  ASSERT_TRUE(three);
  EXPECT_EQ(three->bytes, "abc");
  EXPECT_EQ(three->file_bytes, 6U);
  EXPECT_FALSE(read_file(file, 5));
  EXPECT_EQ(read_file(file, 6).value(), "abcdef");
}

TEST(File, WithoutHomeThereIsTheOneOfTheUsersList) {
  const char* home = std::getenv("HOME");
  const std::string before = home != nullptr ? home : "";
  ::unsetenv("HOME");
  const fs::path found = home_dir();
  ::setenv("HOME", "/elsewhere", 1);
  EXPECT_EQ(home_dir(), "/elsewhere");
  ::setenv("HOME", before.c_str(), 1);
  EXPECT_NE(found, "/tmp") << "this user has one";
}

TEST(File, WritesWholeFilesAndReadsThemBack) {
  const fs::path folder = fresh_folder("write");
  const std::string content("a\0b", 3);
  ASSERT_TRUE(write_file(folder / "x" / "y", content));
  EXPECT_EQ(*read_file(folder / "x" / "y"), content);
  const auto mapped = MappedFile::open(folder / "x" / "y");
  ASSERT_TRUE(mapped);
  EXPECT_EQ((*mapped)->bytes().size(), 3U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "x"), fs::directory_iterator()), 1)
      << "no leftovers";
  EXPECT_FALSE(read_file(folder / "none"));
  EXPECT_FALSE(MappedFile::open(folder));
  fs::remove_all(folder);
}

TEST(File, AFullDiskKeepsTheOldFile) {
  const fs::path folder = fresh_folder("full");
  ASSERT_TRUE(write_file(folder / "f", "old"));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto result = write_file(folder / "f", std::string(1000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::environment);
  EXPECT_EQ(*read_file(folder / "f"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1)
      << "the part is removed";
  fs::remove_all(folder);
}

TEST(CacheDir, FollowsTheUsersVariables) {
  ::setenv("ASSAY_CACHE", "/a", 1);
  EXPECT_EQ(cache_dir(), "/a");
  ::unsetenv("ASSAY_CACHE");
  ::setenv("XDG_CACHE_HOME", "/b", 1);
  EXPECT_EQ(cache_dir(), "/b/assay");
  ::unsetenv("XDG_CACHE_HOME");
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorKind::usage, "{} is odd", number);
  return number / 2;
}

Result<int> quarter(int number) {
  ASSAY_TRY(const int first, half(number));
  return half(first);
}

TEST(Result, TryPassesErrorsOn) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
}

TEST(FileLock, ExcludesOthersUntilItEnds) {
  const auto path = std::filesystem::temp_directory_path() / ("assay-lock-" + std::to_string(::getpid()));
  std::filesystem::create_directories(path);
  {
    const auto shared = FileLock::try_take(path, FileLock::Mode::shared);
    ASSERT_TRUE(shared && *shared);
    EXPECT_TRUE(FileLock::try_take(path, FileLock::Mode::shared)->has_value());
    EXPECT_FALSE(FileLock::try_take(path, FileLock::Mode::exclusive)->has_value());
  }
  EXPECT_TRUE(FileLock::try_take(path, FileLock::Mode::exclusive)->has_value());
  std::filesystem::remove(path);
  EXPECT_FALSE(FileLock::try_take(path, FileLock::Mode::shared)) << "it is gone";
}

}  // namespace
}  // namespace assay
