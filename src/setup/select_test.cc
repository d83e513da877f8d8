#include "setup/select.h"

#include <gtest/gtest.h>

namespace assay::setup {
namespace {

Framework framework(std::string name, std::vector<Variant> variants, bool hidden = false) {
  Framework made;
  made.name = std::move(name);
  made.variants = std::move(variants);
  made.hidden = hidden;
  return made;
}

Variant variant(std::string name, std::vector<std::string> devices, std::vector<std::string> needs = {}) {
  Variant made;
  made.name = std::move(name);
  made.devices = std::move(devices);
  made.needs = std::move(needs);
  return made;
}

class SelectTest : public ::testing::Test {
 protected:
  std::vector<Framework> frameworks_ = {
      framework("fake", {variant("honest", {"cpu"})}, true),
      framework("other", {variant("default", {"metal"})}),
      framework("sample",
                {variant("eager", {"cuda", "cpu"}), variant("compile", {"cpu"}),
                 variant("cudagraphs", {"cuda"}), variant("odd", {"cpu"}, {"program:no-such-program"})}),
  };
  record::Host plain_;
  record::Host nvidia_ = [] {
    record::Host host;
    host.gpus = {"NVIDIA H200"};
    return host;
  }();

  [[nodiscard]] std::vector<std::string> names(std::string_view text, const record::Host& host) const {
    std::vector<std::string> found;
    const auto selected = select(frameworks_, text, host);
    if (!selected) return {selected.error().message};
    for (const ContestantSpec& contestant : *selected) found.push_back(contestant.name());
    return found;
  }
};

using Names = std::vector<std::string>;

TEST_F(SelectTest, AFrameworkMeansWhatCanRunHere) {
  EXPECT_EQ(names("sample", plain_), (Names{"sample/eager@cpu", "sample/compile@cpu"}));
  EXPECT_EQ(names("sample", nvidia_),
            (Names{"sample/eager@cuda", "sample/compile@cpu", "sample/cudagraphs@cuda"}));
}

TEST_F(SelectTest, AHiddenVariantIsTakenOnlyWhenItIsNamed) {
  Variant hangs = variant("hang", {"cpu"});
  hangs.hidden = true;
  frameworks_[0].variants.push_back(hangs);
  EXPECT_EQ(names("fake", plain_), (Names{"fake/honest@cpu"}));
  EXPECT_EQ(names("fake@cpu", plain_), (Names{"fake/honest@cpu"}));
  EXPECT_EQ(names("fake/hang", plain_), (Names{"fake/hang@cpu"}));
}

TEST_F(SelectTest, NamedVariantsAndDevicesAreTakenEvenWhereTheyCannotRun) {
  EXPECT_EQ(names("sample/compile", plain_), (Names{"sample/compile@cpu"}));
  EXPECT_EQ(names("sample/eager@cpu", nvidia_), (Names{"sample/eager@cpu"}));
  EXPECT_EQ(names("sample/cudagraphs", plain_), (Names{"sample/cudagraphs@cuda"}));
  EXPECT_EQ(names("sample@cuda", plain_), (Names{"sample/eager@cuda", "sample/cudagraphs@cuda"}));
  EXPECT_EQ(names("other", plain_), (Names{"other/default@metal"}));
  EXPECT_EQ(names("fake", plain_), (Names{"fake/honest@cpu"}));
}

TEST_F(SelectTest, UnknownNamesGetTheNearest) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"sampel", "unknown framework \"sampel\". Did you mean sample?"},
           {"sample/compil", "sample has no variant \"compil\". Did you mean compile?"},
           {"sample/compile@cuda", "sample/compile has no device \"cuda\": it has cpu."},
           {"", "unknown framework"}}) {
    const auto selected = select(frameworks_, text, plain_);
    ASSERT_FALSE(selected) << text;
    EXPECT_EQ(selected.error().kind, ErrorKind::usage);
    EXPECT_NE(selected.error().message.find(expected), std::string::npos) << selected.error().message;
  }
}

TEST_F(SelectTest, SeveralTextsGiveEachContestantOnceAndNoneGivesAllThatAreNotHidden) {
  const std::vector<std::string> texts = {"sample/compile", "sample"};
  const auto selected = select(frameworks_, texts, plain_);
  ASSERT_TRUE(selected);
  ASSERT_EQ(selected->size(), 2u);
  EXPECT_EQ((*selected)[0].name(), "sample/compile@cpu");
  const auto all = select(frameworks_, std::span<const std::string>(), plain_);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->front().name(), "other/default@metal");
  EXPECT_EQ(all->size(), 3u);
}

TEST_F(SelectTest, UnmetNeedsAreExplained) {
  const auto& sample = frameworks_[2];
  EXPECT_EQ(unmet(sample.variants[0], "cpu", plain_), "");
  EXPECT_NE(unmet(sample.variants[0], "cuda", plain_).find("NVIDIA"), std::string::npos);
  EXPECT_EQ(unmet(sample.variants[0], "vulkan", plain_),
            "the device vulkan needs a GPU, and this machine shows none");
  EXPECT_EQ(unmet(sample.variants[0], "vulkan", nvidia_), "");
  EXPECT_EQ(unmet(sample.variants[0], "cuda", nvidia_), "");
  EXPECT_NE(unmet(sample.variants[3], "cpu", plain_).find("no-such-program"), std::string::npos);
  EXPECT_NE(unmet(frameworks_[1].variants[0], "directml", plain_).find("windows"), std::string::npos);
  EXPECT_EQ(unmet(sample.variants[0], plain_), "") << "it has another device";
  EXPECT_EQ(unmet(sample.variants[2], plain_),
            "the device cuda needs a GPU by NVIDIA, and this machine shows none");
  EXPECT_EQ(unmet(sample.variants[2], nvidia_), "");
  record::Host arm = plain_;
  arm.arch = "aarch64";
  const Variant x86_only = variant("mkl", {"cpu"}, {"cpu:x86_64"});
  EXPECT_EQ(unmet(x86_only, "cpu", arm), "needs a CPU of x86_64, and this one is aarch64");
  arm.arch = "x86_64";
  EXPECT_EQ(unmet(x86_only, "cpu", arm), "");
}

}  // namespace
}  // namespace assay::setup
