// What the files of sentence-transformers ask for: honoured, or refused with the file and the key.
#include "models/sentence_modules.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace assay::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kWidth = 48, kLongest = 128;

json module(int index, const char* type, const char* path) {
  return {{"idx", index}, {"path", path}, {"type", std::string("sentence_transformers.models.") + type}};
}

class SentenceModulesTest : public testing::Test {
 protected:
  SentenceModulesTest()
      : folder_(fs::temp_directory_path() / fmt::format("assay-sentences-{}", ::getpid())) {}
  ~SentenceModulesTest() override { fs::remove_all(folder_); }

  void write(const char* name, const json& content) const {
    EXPECT_TRUE(write_file(folder_ / name, content.dump()));
  }
  [[nodiscard]] Result<SentenceModules> read() const {
    fs::create_directories(folder_);
    return read_sentence_modules(folder_, kWidth, kLongest);
  }
  void expect_refused(const std::vector<std::string>& parts) const {
    const auto result = read();
    ASSERT_FALSE(result) << "accepted; expected: " << parts.back();
    for (const std::string& part : parts)
      EXPECT_NE(result.error().message.find(part), std::string::npos)
          << part << " in: " << result.error().message;
  }
  void write_modules(const json& pooling, bool normalised) const {
    json modules = {module(0, "Transformer", ""), module(1, "Pooling", "1_Pooling")};
    if (normalised) modules.push_back(module(2, "Normalize", "2_Normalize"));
    write("modules.json", modules);
    write("1_Pooling/config.json", pooling);
  }

  fs::path folder_;
};

TEST_F(SentenceModulesTest, WithoutThemItIsTheNormalisedMean) {
  const auto modules = read();
  ASSERT_TRUE(modules);
  EXPECT_EQ(modules->pooling, Pooling::mean);
  EXPECT_TRUE(modules->normalised);
  EXPECT_TRUE(modules->files.empty());
}

TEST_F(SentenceModulesTest, PoolingAndNormalisationAreHonoured) {
  const json mean = {{"word_embedding_dimension", kWidth}, {"pooling_mode_mean_tokens", true}};
  const json first = {
      {"pooling_mode_cls_token", true}, {"pooling_mode_mean_tokens", false}, {"include_prompt", true}};
  for (const auto& [config, pooling] :
       {std::pair{mean, Pooling::mean}, std::pair{first, Pooling::first},
        std::pair{json{{"pooling_mode", "cls"}}, Pooling::first}, std::pair{json::object(), Pooling::mean}})
    for (const bool normalised : {true, false}) {
      write_modules(config, normalised);
      const auto modules = read();
      ASSERT_TRUE(modules) << modules.error().message;
      EXPECT_EQ(modules->pooling, pooling) << config;
      EXPECT_EQ(modules->normalised, normalised);
      EXPECT_EQ(modules->files.contains("2_Normalize"), normalised);
    }
}

TEST_F(SentenceModulesTest, AnyOtherPoolingIsRefused) {
  const std::vector<std::pair<const char*, json>> cases = {{"pooling_mode_max_tokens", true},
                                                           {"pooling_mode_mean_sqrt_len_tokens", true},
                                                           {"pooling_mode_weightedmean_tokens", true},
                                                           {"pooling_mode_lasttoken", true},
                                                           {"pooling_mode", "max"},
                                                           {"word_embedding_dimension", kWidth + 1},
                                                           {"pooling_mode_mean_tokens", false},
                                                           {"pooling_mode_new", true}};
  for (const auto& [key, value] : cases) {
    write_modules({{key, value}}, true);
    expect_refused({"1_Pooling/config.json", key, "expected"});
  }
  write_modules({{"pooling_mode_cls_token", true}}, true);
  expect_refused({"1_Pooling/config.json", "pooling_mode_mean_tokens"});
}

TEST_F(SentenceModulesTest, AnyOtherModuleIsRefused) {
  write("1_Pooling/config.json", json::object());
  for (const json& third : {module(2, "Dense", "2_Dense"), module(2, "Normalize", "../2_Normalize"),
                            json{{"path", "2_Normalize"}, {"type", "mine.Normalize"}}}) {
    write("modules.json", {module(0, "Transformer", ""), module(1, "Pooling", "1_Pooling"), third});
    expect_refused({"modules.json", "module 2", third["path"]});
  }
  write("modules.json", {module(0, "Transformer", "0_Transformer"), module(1, "Pooling", "1_Pooling")});
  expect_refused({"modules.json", "module 0"});
  write("modules.json", json::array({module(0, "Transformer", "")}));
  expect_refused({"modules.json", "Pooling"});
  write("modules.json", json::object());
  expect_refused({"modules.json", "list"});
}

TEST_F(SentenceModulesTest, WhatLiesBesideIsRead) {
  write("sentence_bert_config.json", {{"max_seq_length", 512}, {"do_lower_case", true}});
  write("config_sentence_transformers.json",
        {{"__version__", json::object()}, {"prompts", {{"query", "q: "}}}});
  ASSERT_TRUE(read()) << read().error().message;
  write("sentence_bert_config.json", {{"max_seq_length", 64}});
  expect_refused({"sentence_bert_config.json", "max_seq_length", "128"});
  write("sentence_bert_config.json", {{"module_output_name", "token_embeddings"}});
  expect_refused({"sentence_bert_config.json", "module_output_name"});
  write("sentence_bert_config.json", json::object());
  write("config_sentence_transformers.json", {{"model_type", "SparseEncoder"}});
  expect_refused({"config_sentence_transformers.json", "model_type"});
}

}  // namespace
}  // namespace assay::models
