// What is written as GGUF, read back byte by byte, and the graphs that are refused. That its
// reader computes the same with it is tested in that framework's folder.
#include "gguf/export.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>

#include "base/file.h"
#include "gguf/decoder.h"
#include "graph/builder.h"
#include "tensor/generate.h"
#include "tensor/safetensors.h"

namespace assay::gguf {
namespace {

namespace fs = std::filesystem;
using graph::Builder;
using graph::DType;
using graph::Tensor;

constexpr int64_t kLength = 4, kHidden = 8, kVocabulary = 10, kSize = 4;

// One layer, two query heads on one key head of size 4.
struct Recipe {
  double base = 10000;
  const char* activation = "Swish";
  int64_t causal = 1;
  int64_t batch = 1;
  std::vector<int64_t> rows;  // which have logits, first and end; empty: all
};

graph::Graph small_llama(const Recipe& recipe) {
  Builder b("small");
  const graph::Shape angles = {recipe.batch, kLength, kSize / 2};
  Tensor cosines(DType::f32, angles), sines(DType::f32, angles);
  for (size_t i = 0; i < cosines.bytes().size() / sizeof(float); ++i) {
    const size_t row = i / 2 % kLength, pair = i % 2;
    const double angle = static_cast<double>(row) * std::pow(recipe.base, -static_cast<double>(pair) / 2);
    cosines.mutable_data<float>()[i] = static_cast<float>(std::cos(angle));
    sines.mutable_data<float>()[i] = static_cast<float>(std::sin(angle));
  }
  const auto cos = b.constant("cos", cosines), sin = b.constant("sin", sines);
  const auto linear = [&](const char* name, auto x, int64_t out, int64_t in) {
    return b.op(name, "Linear", {x, b.parameter(std::string(name) + ".w", {out, in}, {0, 1})});
  };
  const auto norm = [&](const char* name, auto x) {
    return b.op(name, "RMSNormalization", {x, b.parameter(std::string(name) + ".w", {kHidden}, {1, 0})},
                {{"epsilon", 1e-5}});
  };
  const auto rotated = [&](const char* name, auto x, int64_t heads) {
    return b.op(name, "RotaryEmbedding", {x, cos, sin}, {{"num_heads", heads}});
  };
  const auto table = b.parameter("embed.w", {kVocabulary, kHidden}, {0, 1});
  auto x =
      b.op("embed", "Gather", {table, b.input("ids", DType::i64, {recipe.batch, kLength})}, {{"axis", 0}});
  const auto normed = norm("norm1", x);
  const auto q = rotated("q_rope", linear("q", normed, kHidden, kHidden), 2);
  const auto key = linear("k", normed, kSize, kHidden);
  const auto v = linear("v", normed, kSize, kHidden);
  const auto k = rotated("k_rope", key, 1);
  const auto mixed = b.op("attention", "Attention", {q, k, v},
                          {{"is_causal", recipe.causal}, {"q_num_heads", 2}, {"kv_num_heads", 1}});
  x = b.op("add1", "Add", {x, linear("o", mixed, kHidden, kHidden)});
  const auto second = norm("norm2", x);
  const auto gate = linear("gate", second, 6, kHidden);
  const auto up = linear("up", second, 6, kHidden);
  const auto active = b.op("active", recipe.activation, {gate});
  x = b.op("add2", "Add", {x, linear("down", b.op("gated", "Mul", {active, up}), kHidden, 6)});
  if (!recipe.rows.empty())
    x = b.op("last", "Slice",
             {x, b.constant("first", Tensor::of<int64_t>({1}, {recipe.rows[0]})),
              b.constant("end", Tensor::of<int64_t>({1}, {recipe.rows[1]})),
              b.constant("axis", Tensor::of<int64_t>({1}, {1}))});
  b.output(b.op("logits", "Linear", {norm("norm3", x), table}));
  return *std::move(b).finish();
}

TEST(ReadDecoder, FindsSizesAndPlaces) {
  const auto graph = small_llama({.base = 500000});
  const auto model = read_decoder(graph);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->layers.size(), 1U);
  EXPECT_EQ(model->query_heads, 2);
  EXPECT_EQ(model->kv_heads, 1);
  EXPECT_EQ(model->head_size, kSize);
  EXPECT_EQ(model->feed_forward, 6);
  EXPECT_EQ(model->layers[0].rotation.base, 500000);
  EXPECT_EQ(model->head, model->embedding);
  EXPECT_EQ(graph.value(model->layers[0].up.weight).name, "up.w");
}

// Logits of the last tokens alone are of the same model; readers of GGUF give no others.
TEST(ReadDecoder, TheLastTokensAloneMayHaveLogits) {
  const auto all = gguf_key(small_llama({}), "w"), last = gguf_key(small_llama({.rows = {2, kLength}}), "w"),
             others = gguf_key(small_llama({.rows = {0, 2}}), "w");
  ASSERT_TRUE(all && last) << last.error().message;
  EXPECT_EQ(*all, *last);
  ASSERT_FALSE(others);
  EXPECT_NE(others.error().message.find("the last tokens expected"), std::string::npos);
}

// A batch of sequences is the same model.
TEST(ReadDecoder, SeveralSequencesAreOneModel) {
  const auto one = gguf_key(small_llama({}), "w"), three = gguf_key(small_llama({.batch = 3}), "w");
  ASSERT_TRUE(one && three) << three.error().message;
  EXPECT_EQ(*one, *three);
}

TEST(ReadDecoder, RefusesWhatLlamaCppWouldComputeDifferently) {
  const auto other = read_decoder(small_llama({.activation = "Gelu"}));
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("the approximation by tanh expected"), std::string::npos)
      << other.error().message;
  const auto open = read_decoder(small_llama({.causal = 0}));
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().message.find("causal mask"), std::string::npos) << open.error().message;
}

// What is in the file, as one string; empty when it could not be written.
std::string exported(const graph::Graph& graph, const tensor::TensorMap& weights) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("assay-gguf-{}", ::getpid());
  fs::create_directories(folder);
  const bool written = tensor::write_safetensors(folder / "w.safetensors", weights).has_value() &&
                       export_gguf(graph, folder / "w.safetensors", folder / "model.gguf").has_value();
  std::string file = written ? read_file(folder / "model.gguf").value_or("") : "";
  fs::remove_all(folder);
  return file;
}

tensor::TensorMap weights_of(const graph::Graph& graph) {
  tensor::TensorMap weights;
  for (const auto id : graph.with_role(graph::Role::parameter)) {
    const auto& value = graph.value(id);
    weights.emplace(value.name, tensor::generate_noise(value.name, 0, value.shape, 0, 1));
  }
  return weights;
}

std::string bytes_of(std::vector<float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

TEST(ExportGguf, GivesTheRotationPairByPair) {
  const auto graph = small_llama({.base = 40000});
  const std::string file = exported(graph, weights_of(graph));
  EXPECT_NE(file.find("llama.rope.freq_base" + std::string("\6\0\0\0", 4) + bytes_of({1})),
            std::string::npos);
  EXPECT_NE(file.find("rope_freqs.weight"), std::string::npos);
  EXPECT_NE(file.find(bytes_of({1, 200})), std::string::npos);
}

TEST(GgufKey, TellsBasesApart) {
  const auto one = gguf_key(small_llama({}), "w"), other = gguf_key(small_llama({.base = 40000}), "w");
  ASSERT_TRUE(one && other);
  EXPECT_NE(*one, *other);
}

TEST(ExportGguf, PermutesQueriesAndKeysAndNothingElse) {
  const auto graph = small_llama({});
  const tensor::TensorMap weights = weights_of(graph);
  const std::string file = exported(graph, weights);
  EXPECT_EQ(file.substr(0, 4), "GGUF");
  const auto holds = [&](const char* name, const std::vector<size_t>& rows) {
    const auto& weight = weights.at(name);
    const size_t row = weight.bytes().size() / static_cast<size_t>(weight.shape()[0]);
    std::string expected;
    for (const size_t i : rows)
      expected.append(reinterpret_cast<const char*>(weight.bytes().data()) + i * row, row);
    const size_t place = file.find(expected);
    return place != std::string::npos && place % 32 == 0;
  };
  EXPECT_TRUE(holds("q.w", {0, 2, 1, 3, 4, 6, 5, 7}));
  EXPECT_TRUE(holds("k.w", {0, 2, 1, 3}));
  EXPECT_TRUE(holds("v.w", {0, 1, 2, 3}));
  EXPECT_TRUE(holds("down.w", {0, 1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace assay::gguf
