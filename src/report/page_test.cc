#include "report/page.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace assay::report {
namespace {

constexpr std::string_view kTemplate =
    R"(<p>a</p><script type="application/json" id="data">@ASSAY_DATA@</script><p>b</p>)";

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
