#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/source_tree.h"
#include "claims/claim.h"

namespace assay::claims {
namespace {

namespace fs = std::filesystem;

class ReadClaims : public testing::Test {
 protected:
  ReadClaims() : folder_(fs::temp_directory_path() / fmt::format("assay_claims_test.{}", ::getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ReadClaims() override { fs::remove_all(folder_); }
  Result<std::vector<Claim>> with(const std::string& query) {
    EXPECT_TRUE(write_file(folder_ / "one.toml", "claim = \"c\"\nsource = \"s\"\n" + query));
    return read_claims(folder_);
  }
  std::string fault(const std::string& query) {
    const auto claims = with(query);
    return claims ? "" : claims.error().message;
  }
  fs::path folder_;
};

TEST_F(ReadClaims, ReadsWhatIsAsked) {
  const auto claims = with(R"(
[machine]
cpu = "Apple"
[query]
kind = "ratio"
factor = 3
models = ["m"]
[query.subject]
framework = "quick"
[query.against]
framework = "plain"
device = "mps"
)");
  ASSERT_TRUE(claims) << claims.error().message;
  const Claim& claim = claims->front();
  EXPECT_EQ(claim.name, "one");
  EXPECT_EQ(claim.query.factor, 3);
  EXPECT_EQ(words(claim.query.against), "framework plain, device mps");
  EXPECT_EQ(words(claim.machine), "CPU Apple");
}

TEST_F(ReadClaims, NamesFileAndKeyOfAFault) {
  const std::string subject = "[query.subject]\nframework = \"a\"\n";
  EXPECT_NE(fault("[query]\nkind = \"ratoi\"\n" + subject)
                .find("one.toml: [query]: key \"kind\" must be one of ratio"),
            std::string::npos);
  EXPECT_NE(fault("[query]\nkind = \"ratio\"\n" + subject).find("[query.against]"), std::string::npos);
  EXPECT_NE(fault("[query]\nkind = \"failure\"\n").find("[query.subject] is missing"), std::string::npos);
  EXPECT_NE(fault("[query]\nkind = \"footprint\"\nleast_mb = 5\n" + subject).find("most_mb"),
            std::string::npos);
  EXPECT_NE(fault("[query]\nkind = \"linkage\"\n" + subject).find("\"is\""), std::string::npos);
  EXPECT_NE(fault("[query]\nkind = \"failure\"\nfactr = 2\n" + subject).find("unknown key \"factr\""),
            std::string::npos);
  EXPECT_NE(fault("").find("[query] is missing"), std::string::npos);
  EXPECT_NE(fault("[query\n").find("one.toml: line"), std::string::npos);
  EXPECT_EQ(fault("[query]\nkind = \"failure\"\n" + subject), "");
}

TEST(Claims, ThoseOfTheTreeCanBeRead) {
  const auto claims = read_claims(fs::path(source_tree()) / "claims");
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_GE(claims->size(), 9U);
}

}  // namespace
}  // namespace assay::claims
