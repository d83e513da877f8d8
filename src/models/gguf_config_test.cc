// What the keys of a GGUF file make of a decoder, architecture by architecture: defaults, windows,
// frequencies, scales. That such a file computes what it was written from is src/verify/gguf_test.cc.
#include "models/gguf_config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <optional>

#include "gguf/file.h"

namespace assay::models {
namespace {

namespace fs = std::filesystem;
using tensor::Shape;
using tensor::Tensor;
using Keys = std::map<std::string, gguf::Field>;

class GgufConfig : public testing::Test {
 protected:
  GgufConfig() : path_(fs::temp_directory_path() / fmt::format("assay-config-{}.gguf", ::getpid())) {}
  ~GgufConfig() override { fs::remove(path_); }

  // Four layers of width 16, four heads on two, and more keys and tensors: "NAME" of the architecture's.
  [[nodiscard]] Result<GgufDecoder> read(
      const std::string& architecture, const Keys& more,
      const std::map<std::string, std::vector<float>>& factors = {}) const {
    Keys keys = {{"block_count", 4U},          {"context_length", 512U},
                 {"embedding_length", 16U},    {"feed_forward_length", 24U},
                 {"attention.head_count", 4U}, {"attention.head_count_kv", 2U},
                 {"rope.freq_base", 50000.0F}, {"attention.layer_norm_rms_epsilon", 1e-6F}};
    for (const auto& [key, value] : more) keys.insert_or_assign(key, value);
    std::vector<std::pair<std::string, gguf::Field>> fields = {{"general.architecture", architecture}};
    for (const auto& [key, value] : keys) fields.emplace_back(fmt::format("{}.{}", architecture, key), value);
    std::vector<gguf::PendingTensor> tensors;
    for (const auto& [name, rows] :
         {std::pair{"token_embd", 160}, {"blk.0.attn_q", 16}, {"blk.0.attn_qkv", 32}})
      tensors.push_back({fmt::format("{}.weight", name), {rows, 16}, [rows] {
                           return Tensor(tensor::DType::f32, {rows, 16});
                         }});
    for (int i = 0; i < 60; ++i)
      tensors.push_back({fmt::format("more.{}", i), {1}, [] { return Tensor(tensor::DType::f32, {1}); }});
    for (const auto& [name, values] : factors)
      tensors.push_back({name, {static_cast<int64_t>(values.size())}, [values] {
                           return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
                         }});
    EXPECT_TRUE(gguf::write_gguf(path_, fields, tensors));
    return read_gguf_decoder(path_);
  }
  [[nodiscard]] DecoderConfig config(const std::string& architecture, const Keys& more = {},
                                     const std::map<std::string, std::vector<float>>& factors = {}) const {
    auto found = read(architecture, more, factors);
    EXPECT_TRUE(found) << found.error().message;
    return found ? std::move(found->config) : DecoderConfig{.ropes = {{}}};
  }
  [[nodiscard]] std::string refusal(const std::string& architecture, const Keys& more,
                                    const std::map<std::string, std::vector<float>>& factors = {}) const {
    const auto found = read(architecture, more, factors);
    EXPECT_FALSE(found) << "accepted";
    return found ? "" : found.error().message;
  }
  static std::vector<int64_t> windows(const DecoderConfig& config) {
    std::vector<int64_t> result;
    for (int64_t i = 0; i < config.layers; ++i) result.push_back(config.kind(i).window);
    return result;
  }

  fs::path path_;
};

using Windows = std::vector<int64_t>;

TEST_F(GgufConfig, SizesAndWhatFollowsFromThem) {
  const DecoderConfig found = config("llama");
  EXPECT_EQ(std::tie(found.layers, found.hidden, found.feed_forward, found.query_heads, found.kv_heads),
            std::tuple(4, 16, 24, 4, 2));
  EXPECT_EQ(std::tie(found.head_size, found.vocabulary, found.positions), std::tuple(4, 160, 512));
  EXPECT_EQ(found.norm_epsilon, 1e-6) << "the decimal, not its float32";
  EXPECT_TRUE(found.tied_head);
  EXPECT_EQ(found.ropes.at(0), (Rope{.size = 4, .theta = 50000, .original_positions = 512}));
  EXPECT_EQ(windows(found), (Windows{0, 0, 0, 0}));
}

TEST_F(GgufConfig, WindowsOfEachArchitecture) {
  const Keys nine = {{"attention.sliding_window", 9U}};
  EXPECT_EQ(windows(config("llama", nine)), (Windows{9, 9, 9, 9}));
  EXPECT_EQ(windows(config("phi3", nine)), (Windows{9, 9, 9, 9}));
  EXPECT_EQ(windows(config("gemma2")), (Windows{4096, 0, 4096, 0}));
  EXPECT_EQ(windows(config("gemma3")), (Windows{0, 0, 0, 0}));
  EXPECT_EQ(windows(config("gemma3", nine)), (Windows{9, 9, 9, 9})) << "the sixth has none";
  EXPECT_EQ(windows(config("olmo2", nine)), (Windows{9, 9, 9, 0}));
  Keys pattern = nine;
  pattern["attention.sliding_window_pattern"] = 2U;
  EXPECT_EQ(windows(config("olmo2", pattern)), (Windows{9, 0, 9, 0}));
  pattern["attention.sliding_window_pattern"] = std::vector<uint32_t>{0, 0, 1, 0};
  EXPECT_EQ(windows(config("gemma3", pattern)), (Windows{0, 0, 9, 0}));
  pattern["attention.sliding_window_pattern"] = std::vector<uint32_t>{0, 1};
  EXPECT_NE(refusal("gemma3", pattern).find("gemma3.attention.sliding_window_pattern is a list of 2"),
            std::string::npos);
  EXPECT_NE(refusal("qwen2", nine).find("qwen2.attention.sliding_window is 9"), std::string::npos);
  EXPECT_EQ(windows(config("qwen2", {{"attention.sliding_window", 512U}})), (Windows{0, 0, 0, 0}));
}

TEST_F(GgufConfig, ScalesAndCaps) {
  const DecoderConfig second = config("gemma2");
  EXPECT_EQ(std::tie(second.attention_softcap, second.logits_softcap, second.embedding_scale),
            std::tuple(50, 30, 4));
  EXPECT_EQ(second.activation, Activation::gelu_tanh);
  EXPECT_FALSE(second.norm_plus_one) << "it is in the weights";
  EXPECT_EQ(second.attention_scale, 0);
  EXPECT_EQ(config("gemma2", {{"block_count", 46U}}).attention_scale, 0.5) << "1 / sqrt(width / heads)";
  EXPECT_EQ(config("gemma3").logits_softcap, 0);
  const DecoderConfig granite = config("granite", {{"logit_scale", 6.0F}, {"residual_scale", 0.22F}});
  EXPECT_EQ(std::tie(granite.logits_divisor, granite.residual_scale, granite.embedding_scale),
            std::tuple(6.0, 0.22, 1.0));
  EXPECT_NE(refusal("granite", {}).find("the key granite.logit_scale is missing"), std::string::npos);
}

TEST_F(GgufConfig, FrequenciesOfTheirOwnInGemma3) {
  const DecoderConfig found = config("gemma3", {{"attention.sliding_window", 9U},
                                                {"attention.sliding_window_pattern", 2U},
                                                {"rope.scaling.type", std::string("linear")},
                                                {"rope.scaling.factor", 8.0F}});
  ASSERT_EQ(found.ropes.size(), 2U);
  EXPECT_EQ(std::tie(found.ropes[0].theta, found.ropes[0].factor), std::tuple(50000, 8));
  EXPECT_EQ(std::tie(found.ropes[1].theta, found.ropes[1].scaling), std::tuple(10000, RopeScaling::none));
  EXPECT_EQ(std::tuple(found.kind(0).rope, found.kind(1).rope), std::tuple(1, 0));
}

TEST_F(GgufConfig, PositionsOfSmollm3) {
  const DecoderConfig found = config("smollm3");
  EXPECT_EQ(std::tuple(found.kind(0).rope, found.kind(2).rope, found.kind(3).rope), std::tuple(0, 0, -1));
}

TEST_F(GgufConfig, YarnSharpensAttention) {
  const DecoderConfig found = config("qwen3", {{"rope.scaling.type", std::string("yarn")},
                                               {"rope.scaling.factor", 4.0F},
                                               {"rope.scaling.original_context_length", 128U},
                                               {"rope.scaling.attn_factor", 2.0F}});
  const Rope& rope = found.ropes.at(0);
  EXPECT_EQ(std::tie(rope.scaling, rope.factor, rope.original_positions),
            std::tuple(RopeScaling::yarn, 4, 128));
  EXPECT_DOUBLE_EQ(rope.attention_factor, 2 * (0.1 * std::log(4) + 1));
}

// The second pair's frequency in a sequence of that length.
double second(const Rope& rope, int64_t total) {
  return static_cast<double>(rope_frequencies(rope, total).at(1));
}

TEST_F(GgufConfig, FactorsAreDivisorsOfEachPair) {
  const std::vector<float> some = {1, 3}, others = {1, 5};
  const double plain = 1 / std::sqrt(50000.0);
  const Rope one =
      config("llama", {{"rope.scaling.factor", 2.0F}}, {{"rope_freqs.weight", some}}).ropes.at(0);
  EXPECT_DOUBLE_EQ(second(one, 1), plain / 6);
  const Rope two = config("phi3", {{"rope.scaling.original_context_length", 100U}},
                          {{"rope_factors_short.weight", some}, {"rope_factors_long.weight", others}})
                       .ropes.at(0);
  EXPECT_DOUBLE_EQ(second(two, 100), plain / 3);
  EXPECT_DOUBLE_EQ(second(two, 101), plain / 5);
  EXPECT_NE(refusal("phi3", {}, {{"rope_factors_long.weight", some}}).find("rope_factors_short.weight"),
            std::string::npos);
}

// Without a base they may be those of one.
TEST_F(GgufConfig, FactorsOfOneBaseAreThatBase) {
  for (const double base : {5.0, 10000.0, 130000.0, 5000000.0}) {
    const std::vector<float> factors = {1, static_cast<float>(std::sqrt(base))};
    const Rope rope =
        config("llama", {{"rope.freq_base", 1.0F}}, {{"rope_freqs.weight", factors}}).ropes.at(0);
    EXPECT_EQ(std::tie(rope.theta, rope.scaling), std::tuple(base, RopeScaling::none));
  }
}

}  // namespace
}  // namespace assay::models
