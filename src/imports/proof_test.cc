#include "imports/proof.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "base/file.h"
#include "recognise/pattern_fixture.h"
#include "tensor/generate.h"
#include "tensor/safetensors.h"

namespace assay::imports {
namespace {

namespace fs = std::filesystem;
using graph::Graph;
using graph::Role;
using graph::ValueId;
using recognise::Pattern;
using tensor::TensorMap;

class Proving : public testing::Test {
 protected:
  Proving() : folder_(fs::path(testing::TempDir()) / fmt::format("assay-proof-{}", ::getpid())) {
    fs::create_directories(folder_);
  }
  ~Proving() override { fs::remove_all(folder_); }
  Proving(const Proving&) = delete;
  Proving& operator=(const Proving&) = delete;
  Proving(Proving&&) = delete;
  Proving& operator=(Proving&&) = delete;

  Proven prove(const Graph& graph, const verify::Evaluator& evaluate = verify::evaluate_here) {
    TensorMap weights, inputs;
    for (const ValueId id : graph.with_role(Role::parameter))
      weights.emplace(graph.value(id).name,
                      tensor::generate_noise(graph.value(id).name, 0, graph.value(id).shape, 0, 1));
    for (const ValueId id : graph.with_role(Role::input))
      inputs.emplace(graph.value(id).name,
                     tensor::generate_noise(graph.value(id).name, 0, graph.value(id).shape, 0, 1));
    const fs::path path = folder_ / "weights.safetensors";
    EXPECT_TRUE(tensor::write_safetensors(path, weights));
    return proven(graph, path, {inputs}, folder_, evaluate).value();
  }

  // What was found, all of it proven.
  std::map<std::string, int> found(const Graph& graph) {
    const Proven result = prove(graph);
    EXPECT_TRUE(result.refused.empty()) << result.refused.front();
    return result.recognised.found;
  }

  fs::path folder_;
};

using Found = std::map<std::string, int>;

TEST_F(Proving, GeluByTheErrorFunction) {
  Pattern pattern;
  EXPECT_EQ(found(pattern.ending_in(pattern.erf_gelu(pattern.x()))), (Found{{"Gelu", 1}}));
}

TEST_F(Proving, GeluByTanh) {
  Pattern pattern;
  const auto graph = pattern.ending_in(pattern.tanh_gelu(pattern.x()));
  const Proven result = prove(graph);
  EXPECT_EQ(result.recognised.found, (Found{{"Gelu", 1}}));
  EXPECT_EQ(result.recognised.graph.nodes().front().text("approximate", ""), "tanh");
  EXPECT_EQ(result.recognised.meant.size(), 2U);
}

TEST_F(Proving, LayerNormWithScaleAndBias) {
  Pattern pattern;
  const ValueId x = pattern.x();
  const auto graph =
      pattern.ending_in(pattern.layer_norm(x, pattern.weight("scale", {8}), pattern.weight("bias", {8})));
  EXPECT_EQ(found(graph), (Found{{"LayerNormalization", 1}}));
}

TEST_F(Proving, RmsNorm) {
  Pattern pattern;
  const ValueId x = pattern.x();
  EXPECT_EQ(found(pattern.ending_in(pattern.rms_norm(x, pattern.weight("scale", {8})))),
            (Found{{"RMSNormalization", 1}}));
}

TEST_F(Proving, Silu) {
  Pattern pattern;
  const ValueId x = pattern.x();
  EXPECT_EQ(found(pattern.ending_in(pattern.op("Mul", {pattern.op("Sigmoid", {x}), x}))),
            (Found{{"Swish", 1}}));
}

TEST_F(Proving, AttentionWithAMask) {
  Pattern pattern;
  const ValueId q = pattern.x({1, 2, 3, 4});
  const ValueId k = pattern.builder.input("k", tensor::DType::f32, {1, 2, 5, 4});
  const ValueId v = pattern.builder.input("v", tensor::DType::f32, {1, 2, 5, 4});
  const ValueId mask = pattern.builder.input("mask", tensor::DType::f32, {1, 1, 3, 5});
  const Proven result = prove(pattern.ending_in(pattern.attention(q, k, v, mask)));
  EXPECT_EQ(result.recognised.found, (Found{{"Attention", 1}}));
  EXPECT_EQ(result.recognised.graph.nodes().back().real("scale", 0), 0.25);
}

TEST_F(Proving, AttentionOfFewerHeadsOfKeysAndValues) {
  Pattern pattern;
  const ValueId q = pattern.x({1, 4, 3, 4});
  const auto repeated = [&](const char* name) {
    const ValueId few = pattern.builder.input(name, tensor::DType::f32, {1, 2, 5, 4});
    const ValueId apart = pattern.op("Unsqueeze", {few, pattern.integers({2})});
    return pattern.op("Reshape", {pattern.op("Expand", {apart, pattern.integers({1, 2, 2, 5, 4})}),
                                  pattern.integers({1, 4, 5, 4})});
  };
  const ValueId k = repeated("k"), v = repeated("v");
  const ValueId mask = pattern.builder.input("mask", tensor::DType::f32, {1, 1, 3, 5});
  const Proven result = prove(pattern.ending_in(pattern.attention(q, k, v, mask)));
  EXPECT_EQ(result.recognised.found, (Found{{"Attention", 1}}));
  EXPECT_EQ(result.recognised.graph.nodes().size(), 1U) << "nothing is repeated any more";
}

// What an exporter wrote as one node: the repetition of heads goes, and so does a mask that says nothing.
TEST_F(Proving, AttentionThatIsOneNodeAlready) {
  Pattern pattern;
  const ValueId q = pattern.x({1, 4, 3, 4});
  const auto repeated = [&](const char* name) {
    const ValueId few = pattern.builder.input(name, tensor::DType::f32, {1, 2, 3, 4});
    const ValueId apart = pattern.op("Unsqueeze", {few, pattern.integers({2})});
    return pattern.op("Reshape", {pattern.op("Expand", {apart, pattern.integers({1, 2, 2, 3, 4})}),
                                  pattern.integers({1, 4, 3, 4})});
  };
  const ValueId k = repeated("k"), v = repeated("v");
  const ValueId all = pattern.builder.constant("all", recognise::mask_of([](int, int) { return true; }));
  const Proven result = prove(pattern.ending_in(pattern.op("Attention", {q, k, v, all}, {{"scale", 0.3}})));
  EXPECT_EQ(result.recognised.found, (Found{{"Attention", 1}}));
  ASSERT_EQ(result.recognised.graph.nodes().size(), 1U);
  const auto& node = result.recognised.graph.nodes().front();
  EXPECT_EQ(node.inputs.size(), 3U);
  EXPECT_EQ(node.real("scale", 0), 0.3);
  EXPECT_EQ(node.integer("is_causal", 0), 0);
}

TEST_F(Proving, AMaskOfWhatComesAfterIsAnAttribute) {
  Pattern pattern;
  const ValueId q = pattern.x({1, 2, 3, 4});
  const ValueId mask =
      pattern.builder.constant("mask", recognise::mask_of([](int at, int key) { return key <= at; }));
  const Proven result = prove(pattern.ending_in(pattern.op("Attention", {q, q, q, mask})));
  EXPECT_EQ(result.recognised.found, (Found{{"Attention", 1}}));
  const auto& node = result.recognised.graph.nodes().front();
  EXPECT_EQ(node.inputs.size(), 3U);
  EXPECT_EQ(node.integer("is_causal", 0), 1);
}

TEST_F(Proving, AMaskThatHidesOneThingMoreStays) {
  Pattern pattern;
  const ValueId q = pattern.x({1, 2, 3, 4});
  const ValueId mask = pattern.builder.constant(
      "mask", recognise::mask_of([](int at, int key) { return key <= at && (at != 2 || key != 0); }));
  EXPECT_TRUE(found(pattern.ending_in(pattern.op("Attention", {q, q, q, mask}))).empty());
}

TEST_F(Proving, RotaryEmbeddingByHalves) {
  Pattern pattern;
  const ValueId x = pattern.x({1, 2, 3, 4});
  const ValueId cos = pattern.builder.constant("cos", recognise::rotary_table(0.9F));
  const ValueId sin = pattern.builder.constant("sin", recognise::rotary_table(0.4F));
  EXPECT_EQ(found(pattern.ending_in(pattern.rotary(x, cos, sin))), (Found{{"RotaryEmbedding", 1}}));
}

TEST_F(Proving, RotaryEmbeddingOfPositionsThatAreInputs) {
  Pattern pattern;
  const ValueId x = pattern.x({1, 2, 3, 4});
  const ValueId angles = pattern.builder.input("angles", tensor::DType::f32, {1, 3, 2});
  const ValueId twice = pattern.op("Concat", {angles, angles}, {{"axis", int64_t{-1}}});
  const auto table = [&](const char* function) {
    const ValueId scaled = pattern.op("Mul", {pattern.op(function, {twice}), pattern.number(1.25)});
    return pattern.op("Unsqueeze", {scaled, pattern.integers({1})});
  };
  EXPECT_EQ(found(pattern.ending_in(pattern.rotary(x, table("Cos"), table("Sin")))),
            (Found{{"RotaryEmbedding", 1}}));
}

TEST_F(Proving, LinearOfBothForms) {
  Pattern pattern;
  const ValueId x = pattern.x({4, 8});
  const ValueId first =
      pattern.op("Add", {pattern.weight("b", {8}), pattern.op("MatMul", {x, pattern.weight("w", {8, 8})})});
  const ValueId second = pattern.op("Gemm", {first, pattern.weight("v", {3, 8}), pattern.weight("c", {3})},
                                    {{"transB", int64_t{1}}});
  EXPECT_EQ(found(pattern.ending_in(second)), (Found{{"Linear", 2}}));
}

// The evaluator errs wherever an activation was put together: that kind is refused, the other stays.
TEST_F(Proving, AKindThatDoesNotHoldIsRefused) {
  Pattern pattern;
  const ValueId x = pattern.x();
  const ValueId product = pattern.op("MatMul", {x, pattern.weight("w", {8, 8})});
  const auto graph = pattern.ending_in(pattern.op("Mul", {product, pattern.op("Sigmoid", {product})}));
  const auto erring = [](const verify::ReferenceJob& job) -> Result<> {
    ASSAY_TRY_VOID(verify::evaluate_here(job));
    ASSAY_TRY(const auto text, read_file(job.graph));
    if (text.find("Swish") == std::string::npos) return {};
    ASSAY_TRY(auto outputs, tensor::read_safetensors(job.out));
    TensorMap changed;
    for (const auto& [name, tensor] : outputs) {
      std::vector<double> values(tensor.data<double>().begin(), tensor.data<double>().end());
      values[0] *= 1 + 1e-9;
      changed.emplace(name, tensor::Tensor::of<double>(tensor.shape(), values));
    }
    return tensor::write_safetensors(job.out, changed);
  };
  const Proven result = prove(graph, erring);
  EXPECT_EQ(result.recognised.found, (Found{{"Linear", 1}}));
  ASSERT_EQ(result.refused.size(), 1U);
  EXPECT_TRUE(result.refused.front().starts_with("Swish ("));
}

// One output is no number in the graph that was put together, and one that comes after it is right.
TEST_F(Proving, WhatIsNoNumberIsNotForgotten) {
  Pattern pattern;
  const ValueId x = pattern.x();
  const auto graph = pattern.ending_in(pattern.op("Mul", {x, pattern.op("Sigmoid", {x})}));
  const auto erring = [](const verify::ReferenceJob& job) -> Result<> {
    ASSAY_TRY_VOID(verify::evaluate_here(job));
    ASSAY_TRY(const auto text, read_file(job.graph));
    ASSAY_TRY(TensorMap outputs, tensor::read_safetensors(job.out));
    const auto shape = outputs.begin()->second.shape();
    if (text.find("Swish") != std::string::npos) {
      const std::vector<double> none(static_cast<size_t>(tensor::element_count(shape)), std::nan(""));
      outputs.begin()->second = tensor::Tensor::of<double>(shape, none);
    }
    outputs.emplace("~last", tensor::Tensor::of<double>({1}, {1}));
    return tensor::write_safetensors(job.out, outputs);
  };
  const Proven result = prove(graph, erring);
  EXPECT_TRUE(result.recognised.found.empty());
  EXPECT_EQ(result.refused.size(), 1U);
}

TEST_F(Proving, NothingIsEvaluatedWhereNothingWasFound) {
  Pattern pattern;
  const auto graph = pattern.ending_in(pattern.op("Relu", {pattern.x()}));
  const auto never = [](const verify::ReferenceJob& /*job*/) -> Result<> {
    return fail(ErrorKind::data, "evaluated");
  };
  EXPECT_TRUE(prove(graph, never).recognised.found.empty());
}

}  // namespace
}  // namespace assay::imports
