#include "report/site_names.h"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

TEST(SiteNames, APlainNameIsTakenAsItIs) {
  SiteNames names;
  EXPECT_EQ(names.model("smollm2-135m"), "models/smollm2-135m.html");
  EXPECT_EQ(names.model("all-minilm_l6.v2"), "models/all-minilm_l6.v2.html");
}

TEST(SiteNames, WhateverANameIsItsFileIsSafeAndItsOwn) {
  SiteNames names;
  std::set<std::string> files;
  const std::vector<std::string> hostile = {"",
                                            ".",
                                            "..",
                                            "../../etc/passwd",
                                            "/",
                                            "A",
                                            "a",
                                            "net",
                                            "Net",
                                            "NET",
                                            "net ",
                                            "net/",
                                            "net\\",
                                            ".net",
                                            "_net",
                                            "net.",
                                            "con",
                                            "con.v2",
                                            "lpt1",
                                            "<script>alert(1)</script>",
                                            "\"><img src=x>",
                                            "模型",
                                            "模型二",
                                            "\xff\xfe",
                                            std::string("a\0b", 3),
                                            "a\nb",
                                            "a%2fb",
                                            "a?b#c",
                                            std::string(5000, 'a'),
                                            std::string(5001, 'a'),
                                            std::string(80, 'a'),
                                            "index"};
  for (const std::string& name : hostile) {
    const std::string file = names.model(name);
    EXPECT_TRUE(is_site_path(file)) << file;
    EXPECT_LT(file.size(), 120U);
    EXPECT_TRUE(files.insert(file).second) << file;
  }
}

TEST(SiteNames, AreTheSameInEverySite) {
  SiteNames one, other;
  static_cast<void>(one.model("net a"));
  EXPECT_EQ(one.model("Net A"), other.model("Net A"));
  EXPECT_EQ(one.machine("AMD EPYC 9R14", "id"), other.machine("AMD EPYC 9R14", "id"));
  EXPECT_TRUE(other.machine("AMD EPYC 9R14", "other").starts_with("machines/amd-epyc-9r14-"));
}

TEST(SiteNames, TwoThatComeToOneAreToldApart) {
  SiteNames names;
  const std::string file = names.model("Net");
  const std::string same(file.substr(7, file.size() - 12));  // a plain name that somebody made of the hash
  EXPECT_NE(names.model(same), file);
  EXPECT_TRUE(is_site_path(names.model(same)));
  const std::string machine = names.machine("cpu", "same");
  EXPECT_NE(names.machine("cpu", "same"), machine);
}

TEST(SiteNames, APathOfASiteLeavesItsFolderNowhere) {
  for (const char* path : {"index.html", "models/a.html", "machines/a-b.c_d.html"})
    EXPECT_TRUE(is_site_path(path));
  for (const char* path :
       {"", "other.html", "/index.html", "../index.html", "models/../a.html", "models/.html",
        "models/.a.html", "models/a/b.html", "models/a.txt", "models//a.html", "machines/A.html",
        "models/a b.html", "models/a\n.html", "models/con.html", "assay-site.json", "models/..html"})
    EXPECT_FALSE(is_site_path(path)) << path;
}

TEST(SiteNames, AManifestComesBackAndAnythingElseIsRefused) {
  const std::set<std::string> files = {"index.html", "models/a.html"};
  EXPECT_EQ(read_manifest(manifest_text(files, "1")), files);
  for (const char* text :
       {"", "{}", "[]", "{", R"({"schema": 2, "files": []})", R"({"schema": 1})",
        R"({"schema": 1, "files": {}})", R"({"schema": 1, "files": [1]})",
        R"({"schema": 1, "files": ["../a.html"]})", R"({"schema": 1, "files": ["/etc/passwd"]})"})
    EXPECT_FALSE(read_manifest(text)) << text;
}

}  // namespace
}  // namespace assay::report
