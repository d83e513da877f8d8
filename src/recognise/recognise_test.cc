#include "recognise/recognise.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "recognise/pattern_fixture.h"

namespace assay::recognise {
namespace {

std::vector<std::string> operators_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const auto& node : graph.nodes()) names.push_back(node.op);
  return names;
}

Recognised all(const Graph& graph) { return recognise(graph, kinds()).value(); }

TEST(Recognise, WhatIsNearAGeluIsNone) {
  Pattern pattern;
  const auto graph = pattern.ending_in(pattern.erf_gelu(pattern.x(), 1.5));
  const auto found = all(graph);
  EXPECT_TRUE(found.found.empty());
  EXPECT_EQ(operators_of(found.graph), operators_of(graph));
}

TEST(Recognise, ANormOverOtherThanTheLastAxesIsLeft) {
  Pattern pattern;
  const ValueId x = pattern.x();
  const ValueId apart = pattern.op("Sub", {x, pattern.op("ReduceMean", {x, pattern.integers({1})})});
  const ValueId square = pattern.op("ReduceMean", {pattern.op("Mul", {apart, apart}), pattern.integers({1})});
  const ValueId root = pattern.op("Sqrt", {pattern.op("Add", {square, pattern.number(1e-5)})});
  const auto graph = pattern.ending_in(pattern.op("Div", {apart, root}));
  EXPECT_TRUE(all(graph).found.empty());
}

TEST(Recognise, TheDeviationMustBeOfTheSameValue) {
  Pattern pattern;
  const ValueId x = pattern.x(), y = pattern.builder.input("y", tensor::DType::f32, {2, 4, 8});
  const ValueId square = pattern.op("ReduceMean", {pattern.op("Mul", {y, y}), pattern.integers({-1})});
  const ValueId root = pattern.op("Sqrt", {pattern.op("Add", {square, pattern.number(1e-5)})});
  const auto graph = pattern.ending_in(pattern.op("Div", {x, root}));
  EXPECT_TRUE(all(graph).found.empty());
}

TEST(Recognise, AProductOfTwoValuesIsNoLinear) {
  Pattern pattern;
  const ValueId x = pattern.x({4, 8}), y = pattern.builder.input("y", tensor::DType::f32, {8, 3});
  EXPECT_TRUE(all(pattern.ending_in(pattern.op("MatMul", {x, y}))).found.empty());
}

TEST(Recognise, AnInnerValueThatIsReadElsewhereStays) {
  Pattern pattern;
  const ValueId x = pattern.x();
  const ValueId product = pattern.op("MatMul", {x, pattern.weight("w", {8, 3})});
  const ValueId sum = pattern.op("Add", {product, pattern.weight("b", {3})});
  pattern.builder.output(product);
  const auto found = all(pattern.ending_in(sum));
  EXPECT_EQ(found.found, (std::map<std::string, int>{{"Linear", 2}}));
  EXPECT_EQ(found.graph.outputs().size(), 2U);
  EXPECT_EQ(found.transposed, (std::map<std::string, std::string>{{"w.transposed", "w"}}));
  EXPECT_FALSE(found.graph.find("w"));  // nobody reads it any more
}

TEST(Recognise, OnlyWhatIsWantedIsReplaced) {
  Pattern pattern;
  const ValueId x = pattern.x();
  const auto graph = pattern.ending_in(pattern.op("Mul", {x, pattern.op("Sigmoid", {x})}));
  EXPECT_TRUE(recognise(graph, std::vector<std::string_view>{"Gelu"}).value().found.empty());
  EXPECT_EQ(operators_of(recognise(graph, std::vector<std::string_view>{"Swish"}).value().graph),
            std::vector<std::string>{"Swish"});
}

// Exporters keep tables of rotary positions among the weights: whether they are such, their numbers say.
TEST(Recognise, TablesOfRotaryPositionsMayBeWeights) {
  Pattern pattern;
  const ValueId x = pattern.x({1, 2, 3, 4});
  const ValueId cos = pattern.weight("cos", {1, 1, 3, 4}), sin = pattern.weight("sin", {1, 1, 3, 4});
  const auto graph = pattern.ending_in(pattern.rotary(x, cos, sin));
  tensor::TensorMap weights = {{"cos", rotary_table(0.9F)}, {"sin", rotary_table(0.4F)}};
  const auto found = recognise(graph, kinds(), weights).value();
  EXPECT_EQ(found.found, (std::map<std::string, int>{{"RotaryEmbedding", 1}}));
  EXPECT_FALSE(found.graph.find("cos"));
  EXPECT_TRUE(all(graph).found.empty()) << "nobody knows the numbers";
  weights.at("sin").mutable_data<float>()[0] += 1;  // halves that are not equal
  EXPECT_TRUE(recognise(graph, kinds(), weights).value().found.empty());
}

TEST(Recognise, InputsStayThoughNobodyReadsThem) {
  Pattern pattern;
  pattern.builder.input("unread", tensor::DType::i64, {1});
  const auto found = all(pattern.ending_in(pattern.op("Relu", {pattern.x()})));
  EXPECT_TRUE(found.graph.find("unread"));
}

}  // namespace
}  // namespace assay::recognise
