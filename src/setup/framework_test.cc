#include "setup/framework.h"

#include <gtest/gtest.h>

#include "base/source_tree.h"
#include "setup/sample_framework.h"

namespace assay::setup {
namespace {

using FrameworkTest = SampleFramework;

constexpr std::string_view kVariant = R"(
[[variant]]
name = "eager"
command = ["{framework}/runner", "{source}/x"]
)";

constexpr std::string_view kBuild = R"(
[[build]]
name = "venv"
script = "setup.sh"
inputs = ["lock"]
download_mb = 10
disk_mb = 20
minutes = 0.5
)";

std::string joined(std::string_view a, std::string_view b, std::string_view c = "") {
  return std::string(a) + std::string(b) + std::string(c);
}

TEST_F(FrameworkTest, AWholeFileIsRead) {
  put("setup.sh", "true\n");
  put("lock", "x==1\n");
  put("framework.toml", joined(joined("hidden = true\n", kSampleHead), kBuild, R"(
[[variant]]
name = "graph"
title = "as a graph"
build = "venv"
command = ["{build}/bin/python", "{framework}/runner.py"]
model = "onnx"
training = "gradient-graph"
workloads = ["training"]
generates = true
devices = ["cuda", "cpu"]
needs = ["linux"]
)"));
  const auto frameworks = scan(frameworks_dir());
  ASSERT_TRUE(frameworks) << frameworks.error().message;
  ASSERT_EQ(frameworks->size(), 1u);
  const Framework& framework = frameworks->front();
  EXPECT_EQ(framework.title, "Sample");
  EXPECT_TRUE(framework.hidden);
  EXPECT_EQ(framework.build("venv")->minutes, 0.5);
  const Variant& variant = *framework.variant("graph");
  EXPECT_EQ(variant.model, ModelForm::onnx);
  EXPECT_EQ(variant.training, Training::gradient_graph);
  EXPECT_EQ(variant.devices, (std::vector<std::string>{"cuda", "cpu"}));
  EXPECT_TRUE(variant.runs("training"));
  EXPECT_FALSE(variant.runs("inference"));
  EXPECT_TRUE(variant.runs("generate[512]"));
  EXPECT_EQ(framework.variant("none"), nullptr);
}

TEST_F(FrameworkTest, WhatOnlyHiddenVariantsNeedDoesNotStandForIt) {
  const auto build = [](std::string name) { return Build{.name = std::move(name)}; };
  const auto variant = [](std::string of, bool hidden) {
    return Variant{.hidden = hidden, .build = std::move(of)};
  };
  Framework framework;
  framework.builds = {build("shared"), build("large"), build("unused")};
  framework.variants = {variant("shared", false), variant("shared", true), variant("large", true),
                        variant("", false)};
  std::vector<std::string> names;
  for (const Build* each : framework.usual_builds()) names.push_back(each->name);
  EXPECT_EQ(names, (std::vector<std::string>{"shared", "unused"}));
}

TEST_F(FrameworkTest, CommandsAreExpanded) {
  put("framework.toml", joined(kSampleHead, kVariant));
  const auto framework = read_framework(folder());
  ASSERT_TRUE(framework) << framework.error().message;
  const auto argv = expand(*framework, framework->variants[0]);
  ASSERT_TRUE(argv);
  EXPECT_EQ(*argv, (std::vector<std::string>{(folder() / "runner").string(), (top_ / "tree/x").string()}));
  EXPECT_FALSE(framework->variants[0].runs("training"));
  EXPECT_TRUE(framework->variants[0].runs("inference"));
}

// Each faulty file, and what its message must say besides the path.
TEST_F(FrameworkTest, FaultsNameFileAndKey) {
  put("setup.sh", "true\n");
  put("lock", "x==1\n");
  const std::vector<std::pair<std::string, std::string>> faults = {
      {joined("licens = \"MIT\"\n", kSampleHead, kVariant), "unknown key \"licens\". Did you mean licence?"},
      {joined("name = \"sample\"\nlanguage = \"C\"\n", kVariant), "\"licence\" is missing"},
      {joined("name = \"other\"\nlanguage = \"C\"\nlicence = \"MIT\"\n", kVariant),
       "must be the name of its folder"},
      {joined("name = \"sample\"\nlanguage = 3\nlicence = \"MIT\"\n", kVariant),
       "\"language\" must be a text"},
      {std::string(kSampleHead), "there is no [[variant]]"},
      {joined(kSampleHead, kVariant, "model = \"onx\"\n"),
       "\"model\" must be one of graph, onnx, gguf, original, not \"onx\""},
      {joined(kSampleHead, kVariant, "build = \"venv\"\n"), "no [[build]] named \"venv\""},
      {joined(kSampleHead, "[[variant]]\nname = \"a\"\ncommand = [\"{build}/x\"]\n"),
       "the command uses {build}"},
      {joined(kSampleHead, "[[variant]]\nname = \"a\"\ncommand = [\"{home}/x\"]\n"), "unknown placeholder"},
      {joined(kSampleHead, "[[variant]]\nname = \"A b\"\ncommand = [\"x\"]\n"), "must consist of"},
      {joined(kSampleHead, kVariant, kVariant), "two variants are named \"eager\""},
      {joined(kSampleHead, kBuild, kVariant) + "devices = \"cpu\"\n", "\"devices\" must be a list"},
      {joined(kSampleHead, kBuild, kVariant) + "devices = [\"cpu\", \"npu0\"]\n",
       "unknown device 'npu0'; known are cpu, cuda"},
      {joined(kSampleHead,
              "[[build]]\nname = \"v\"\nscript = \"no.sh\"\ndownload_mb=1\ndisk_mb=1\nminutes=1\n", kVariant),
       "there is no no.sh"},
      {joined(kSampleHead, "[[build]]\nname = \"v\"\nscript = \"setup.sh\"\ndisk_mb=1\nminutes=1\n",
              kVariant),
       "\"download_mb\""},
      {joined(kSampleHead, kBuild, "sources = [\"lock\"]\n") + std::string(kVariant), "go together"},
      {joined(kSampleHead, "[variant]\nname = \"a\"\n"), "[[variant]]"},
      {joined(kSampleHead, "x = = 1\n"), "line 5"},
      {joined(kSampleHead, "homepage = \"https://\\u202Emoc.elpmaxe\"\n", kVariant),
       "character that is not seen"},
      {joined(kSampleHead, kVariant, "title = \"\\u001b[2J\"\n"), "character that is not seen"},
      {joined(kSampleHead, kVariant, "needs = [\"program:a\\nb\"]\n"), "character that is not seen"},
  };
  for (const auto& [text, expected] : faults) {
    put("framework.toml", text);
    const auto frameworks = scan(frameworks_dir());
    ASSERT_FALSE(frameworks) << text;
    const std::string& message = frameworks.error().message;
    EXPECT_NE(message.find("sample/framework.toml"), std::string::npos) << message;
    EXPECT_NE(message.find(expected), std::string::npos) << message << "\nexpected: " << expected;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST_F(FrameworkTest, FoldersWithoutTheFileAreNoFrameworksAndNoFolderIsAnError) {
  put("notes.txt", "x");
  EXPECT_TRUE(scan(frameworks_dir())->empty());
  EXPECT_FALSE(scan(top_ / "absent").has_value());
}

// A framework with a build that says "sdk:" in each of its keys.
constexpr std::string_view kWithSdk = R"(
[[build]]
name = "static"
script = "sdk:plain/make.sh"
inputs = ["sdk:plain/lock"]
compile = "sdk:plain/compile.sh"
sources = ["src", "sdk:plain", "sdk:plain/lock"]
download_mb = 1
disk_mb = 1
minutes = 1
)";

TEST_F(FrameworkTest, WhatAnSdkIsMadeOfStandsThere) {
  for (const std::string_view file : {"make.sh", "lock", "compile.sh", "runner.cc"})
    ASSERT_TRUE(write_file(top_ / "tree/sdk/plain" / file, "x"));
  put("src/main.cc", "x");
  put("framework.toml", joined(kSampleHead, kWithSdk, kVariant));
  const auto unlisted = read_framework(folder());
  ASSERT_FALSE(unlisted);
  EXPECT_NE(unlisted.error().message.find("sdk/plain/sources"), std::string::npos)
      << unlisted.error().message;
  ASSERT_TRUE(write_file(top_ / "tree/sdk/plain/sources", "# all of it\nsdk/plain\n\nsdk/plain/runner.cc\n"));
  const auto framework = read_framework(folder());
  ASSERT_TRUE(framework) << framework.error().message;
  const Build& build = framework->builds[0];
  EXPECT_EQ(build.script, "../../sdk/plain/make.sh");
  EXPECT_EQ(build.inputs, std::vector<std::string>{"../../sdk/plain/lock"});
  EXPECT_EQ(build.compile, "../../sdk/plain/compile.sh");
  EXPECT_EQ(build.sources, (std::vector<std::string>{"src", "../../sdk/plain", "../../sdk/plain/runner.cc",
                                                     "../../sdk/plain/lock"}));
  ASSERT_TRUE(write_file(top_ / "tree/sdk/plain/sources", "src/gone\n"));
  EXPECT_NE(read_framework(folder()).error().message.find("there is no ../../src/gone"), std::string::npos);
}

// The reference in frameworks/README.md stays true: its example is read as it stands, and names every key
// there is.
TEST_F(FrameworkTest, TheDocumentedExampleIsValid) {
  const auto readme = read_file(std::string(source_tree()) + "/frameworks/README.md");
  ASSERT_TRUE(readme) << readme.error().message;
  const size_t begin = readme->find("```toml\n") + 8;
  std::string example = readme->substr(begin, readme->find("\n```", begin) - begin);
  for (const std::string_view optional :
       {"# compile", "# sources", "# workloads", "# generates", "# needs"}) {
    const size_t at = example.find(optional);
    ASSERT_NE(at, std::string::npos) << optional;
    example.erase(at, 2);
  }
  const std::filesystem::path example_dir = frameworks_dir() / "example";
  for (const std::string_view file :
       {"requirements.lock", "src/runner.cc", "../../sdk/python/venv.sh", "../../sdk/cpp/compile.sh"})
    ASSERT_TRUE(write_file(example_dir / file, "x"));
  ASSERT_TRUE(write_file(example_dir / "../../sdk/cpp/sources", "sdk/cpp\n"));
  ASSERT_TRUE(write_file(example_dir / "framework.toml", example));
  const auto framework = read_framework(example_dir);
  ASSERT_TRUE(framework) << framework.error().message;
  EXPECT_EQ(framework->builds.size(), 1u);
  EXPECT_EQ(framework->variants[0].needs.size(), 2u);
  for (const auto* list : {&framework->packages, &framework->device_runtimes, &framework->variables_unset,
                           &framework->variables_kept})
    EXPECT_EQ(list->size(), 1u);
}

// Every framework of this source tree.
TEST(Frameworks, ThoseOfThisTreeAreValid) {
  const auto frameworks = scan(std::string(source_tree()) + "/frameworks");
  ASSERT_TRUE(frameworks) << frameworks.error().message;
}

}  // namespace
}  // namespace assay::setup
