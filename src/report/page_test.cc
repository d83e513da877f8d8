#include "report/page.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace assay::report {
namespace {

constexpr std::string_view kTemplate =
    R"(<p>a</p><script type="application/json" id="data">@ASSAY_DATA@</script><p>b</p>)";

Result<std::string> filled_page(std::string_view page_template, std::string_view json, size_t pieces = 1) {
  PageFiller filler(page_template);
  for (size_t i = 0; i < pieces; ++i)
    ASSAY_TRY_VOID(filler.add(
        json.substr(i * json.size() / pieces, (i + 1) * json.size() / pieces - i * json.size() / pieces)));
  return filler.finish();
}

// What a page holds through gzip and base64.
std::string unpacked(const std::string& page) {
  constexpr std::string_view kBegin = R"(id="data-gz">)";
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t begin = page.find(kBegin) + kBegin.size();
  std::string packed;
  uint32_t bits = 0;
  int count = 0;
  for (size_t at = begin; page[at] != '<' && page[at] != '='; ++at) {
    bits = bits << 6 | static_cast<uint32_t>(kLetters.find(page[at]));
    if ((count += 6) < 8) continue;
    count -= 8;
    packed += static_cast<char>(bits >> count & 255U);
  }
  std::string text(1'000'000, '\0');
  z_stream stream = {};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

TEST(Page, HasTheResultsInItsPlace) {
  EXPECT_EQ(*filled_page(kTemplate, R"({"schema": 1})"),
            R"(<p>a</p><script type="application/json" id="data">{"schema": 1}</script><p>b</p>)");
}

TEST(Page, NothingInTheResultsBecomesMarkup) {
  const auto page = filled_page(kTemplate, R"({"name": "</script><img src=x onerror=alert(1)><!--"})");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->find("<img"), std::string::npos);
  EXPECT_EQ(page->find("<!--"), std::string::npos);
  EXPECT_EQ(page->find("</script>"), page->rfind("</script>")) << "its own alone";
  EXPECT_NE(page->find(R"(\u003cimg src=x)"), std::string::npos);
}

TEST(Page, MuchIsPacked) {
  const std::string json = "[" + std::string(300'000, ' ') + "]";
  const auto page = filled_page(kTemplate, json);
  ASSERT_TRUE(page);
  EXPECT_LT(page->size(), 5000U);
  EXPECT_NE(page->find(R"(<script type="text/plain" id="data-gz">H4sI)"), std::string::npos)
      << "gzip's own mark";
}

TEST(Page, PackedInPiecesIsTheWhole) {
  std::string json = "[";
  for (int i = 0; i < 100'000; ++i) json += std::to_string(i * 7919 % 100'003) + ",";
  json += "0]";
  for (const size_t pieces : {1U, 2U, 7U, 500U}) {
    const auto page = filled_page(kTemplate, json, pieces);
    ASSERT_TRUE(page);
    EXPECT_EQ(unpacked(*page), json) << pieces << " pieces";
  }
}

TEST(Page, ATemplateWithoutAPlaceIsRefused) {
  EXPECT_EQ(filled_page("<p>", "{}").error().kind, ErrorKind::data);
  const std::string twice = std::string(kTemplate) + std::string(kTemplate);
  EXPECT_FALSE(filled_page(twice, "{}"));
}

TEST(Page, Base64IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace assay::report
