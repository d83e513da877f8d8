// A line is JSON in UTF-8 and nothing else. What parsers let pass by custom, a byte order mark, a carriage
// return, whatever follows a NUL, is refused: the other end is not who it seems, or has a fault.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "protocol/codec.h"

namespace assay::protocol {
namespace {

using namespace std::string_literals;

std::string closed() { return fmt::format(R"({{"assay":{},"id":3,"result":{{}}}})", kVersion); }

std::string fault_of(const std::string& line) {
  const auto reply = decode_reply(line, {3, CloseRequest{}});
  return reply ? "" : reply.error();
}

TEST(Line, IsReadAsItStands) {
  EXPECT_EQ(fault_of(closed()), "");
  EXPECT_EQ(fault_of(" \t" + closed() + " "), "");
}

TEST(Line, WithMoreThanJsonIsRefused) {
  const std::pair<std::string, const char*> cases[] = {
      {closed() + "\r", "a carriage return"},           {"\r" + closed(), "a carriage return"},
      {"\xEF\xBB\xBF" + closed(), "a byte order mark"}, {closed() + "\0"s, "a NUL byte"},
      {closed() + "\0{\"more\": 1}"s, "a NUL byte"},
  };
  for (const auto& [line, complaint] : cases)
    EXPECT_NE(fault_of(line).find(complaint), std::string::npos) << complaint << ": " << fault_of(line);
}

// Cut off, overlong, a surrogate, beyond Unicode: in a text or anywhere else.
TEST(Line, ThatIsNotUtf8IsRefused) {
  for (const char* bad : {"\xFF", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x80"}) {
    const std::string line =
        fmt::format(R"({{"assay":{},"id":3,"error":{{"outcome":"failed","message":"{}"}}}})", kVersion, bad);
    EXPECT_NE(fault_of(line), "") << line;
    EXPECT_NE(fault_of(closed() + bad), "");
  }
}

}  // namespace
}  // namespace assay::protocol
