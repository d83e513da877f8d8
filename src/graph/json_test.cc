#include "graph/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/file.h"
#include "base/source_tree.h"
#include "graph/builder.h"

namespace assay::graph {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

Graph small_graph() {
  Builder b("small \"graph\"");
  const ValueId x = b.input("x", DType::f32, {1, 4});
  const ValueId past = b.state("past", DType::f32, {1, 2});
  const ValueId w = b.parameter("w", {4, 4}, {.mean = 0.1, .std = 1});
  const ValueId parts = b.ops(
      "split", "Split", {b.op("y", "Linear", {x, w}), b.constant("parts", Tensor::of<int64_t>({2}, {2, 2}))},
      {{"axis", -1}}, {"left", "right"})[0];
  const ValueId pooled = b.op("sum", "Add", {parts, past});
  b.output(b.op("z", "Swish", {pooled}, {{"alpha", 1e-5}}));
  return *std::move(b).finish();
}

TEST(Json, IsWhatTheFormatSays) {
  EXPECT_EQ(to_json(small_graph()), R"({"assay_graph": 1,
 "name": "small \"graph\"",
 "values": [
  {"name": "x", "dtype": "F32", "shape": [1, 4], "role": "input"},
  {"name": "past", "dtype": "F32", "shape": [1, 2], "role": "state"},
  {"name": "w", "dtype": "F32", "shape": [4, 4], "role": "parameter", "trainable": true, "init": {"mean": 0.1, "std": 1.0}},
  {"name": "y", "dtype": "F32", "shape": [1, 4], "role": "computed"},
  {"name": "parts", "dtype": "I64", "shape": [2], "role": "constant", "data": [2, 2]},
  {"name": "left", "dtype": "F32", "shape": [1, 2], "role": "computed"},
  {"name": "right", "dtype": "F32", "shape": [1, 2], "role": "computed"},
  {"name": "sum", "dtype": "F32", "shape": [1, 2], "role": "computed"},
  {"name": "z", "dtype": "F32", "shape": [1, 2], "role": "computed"}],
 "nodes": [
  {"name": "y", "op": "Linear", "inputs": ["x", "w"], "outputs": ["y"], "attributes": {}},
  {"name": "split", "op": "Split", "inputs": ["y", "parts"], "outputs": ["left", "right"], "attributes": {"axis": -1}},
  {"name": "sum", "op": "Add", "inputs": ["left", "past"], "outputs": ["sum"], "attributes": {}},
  {"name": "z", "op": "Swish", "inputs": ["sum"], "outputs": ["z"], "attributes": {"alpha": 1e-05}}],
 "outputs": ["z"]})");
}

TEST(Json, ReadsBackToTheSameGraph) {
  const Graph graph = small_graph();
  const auto again = from_json(to_json(graph));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), to_json(graph));
  EXPECT_EQ(content_hash(*again), content_hash(graph));
  EXPECT_EQ(again->value(2).init.mean, 0.1);
  EXPECT_TRUE(again->value(2).trainable);
}

// The constant after a journey through the text.
Tensor through_text(const Tensor& data) {
  Graph graph("constants");
  graph.add_output(*graph.add_constant("c", data));
  const auto again = from_json(to_json(graph));
  EXPECT_TRUE(again) << again.error().message;
  return again ? again->value(0).data : Tensor();
}

void expect_same_bytes(const Tensor& data) {
  const Tensor again = through_text(data);
  EXPECT_EQ(again.dtype(), data.dtype());
  EXPECT_EQ(again.shape(), data.shape());
  EXPECT_TRUE(std::ranges::equal(again.bytes(), data.bytes())) << to_json([&] {
    Graph g("g");
    (void)g.add_constant("c", data);
    return g;
  }());
}

TEST(Json, ConstantsKeepTheirBits) {
  std::vector<float> floats{0.0F,   -0.0F,           1.0F,          -2.5F, 0.1F, 16777216.0F,
                            1e-45F, 1.17549435e-38F, 3.4028235e38F, kInf,  -kInf};
  uint32_t bits = 1;
  for (int k = 0; k < 20000; ++k) {
    bits = bits * 1664525U + 1013904223U;
    const auto number = std::bit_cast<float>(bits);
    if (!std::isnan(number)) floats.push_back(number);
  }
  expect_same_bytes(Tensor::of<float>({static_cast<int64_t>(floats.size())}, floats));
  expect_same_bytes(Tensor::of<double>(
      {5}, {-0.0, 0.1, 1e-320, 1.7976931348623157e308, -std::numeric_limits<double>::infinity()}));
  expect_same_bytes(Tensor::of<int64_t>(
      {2, 1}, {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}));
  expect_same_bytes(Tensor::of<int32_t>({2}, {std::numeric_limits<int32_t>::min(), 7}));
  expect_same_bytes(Tensor::of<bool>({3}, {true, false, true}));
  expect_same_bytes(Tensor::of<float>({}, {3.0F}));
  expect_same_bytes(Tensor(DType::f32, {0, 2}));
  expect_same_bytes(tensor::converted(Tensor::of<float>({4}, {0.1F, -kInf, 65504.0F, 6e-8F}), DType::f16));
  expect_same_bytes(tensor::converted(Tensor::of<float>({3}, {0.1F, kInf, -3e38F}), DType::bf16));
  EXPECT_TRUE(std::isnan(through_text(Tensor::of<float>({1}, {std::nanf("")})).data<float>()[0]));
}

TEST(Json, TheHashChangesWithAnything) {
  const std::string text = to_json(small_graph());
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"1e-05", "1e-06"}, {"\"std\": 1.0", "\"std\": 2.0"}, {"true", "false"}, {"small", "Small"}}) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    const auto graph = from_json(changed);
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_NE(content_hash(*graph), content_hash(small_graph())) << to;
  }
}

// The error that the small graph's text gives after one replacement.
std::string error_after(const std::string& from, const std::string& to) {
  std::string text = to_json(small_graph());
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  const auto graph = from_json(text);
  return graph ? "no error" : graph.error().message;
}

TEST(Json, ErrorsNameWhatIsWrong) {
  EXPECT_EQ(error_after("\"assay_graph\": 1", "\"assay_graph\": 2"),
            "graph: 'assay_graph' is 2, expected 1, the version that this program reads");
  EXPECT_EQ(error_after("\n \"outputs\": [\"z\"]", "\n \"outputs\": [\"q\"]"),
            "graph: \"outputs\" refers to q, which is no value before it");
  EXPECT_EQ(error_after("\"op\": \"Linear\"", "\"op\": \"Liner\""),
            "node y (Liner): there is no such operator. Did you mean Linear?");
  EXPECT_EQ(error_after("[\"x\", \"w\"]", "[\"x\", \"z\"]"),
            "graph: node y refers to z, which is no value before it");
  EXPECT_EQ(error_after("\"y\", \"dtype\": \"F32\", \"shape\": [1, 4]",
                        "\"y\", \"dtype\": \"F32\", \"shape\": [1, 5]"),
            "graph: value y is stated as F32 [1, 5], but is F32 [1, 4]");
  EXPECT_EQ(error_after("\"shape\": [4, 4]", "\"shape\": [4, 5]"),
            "node y (Linear): W (w) has shape [4, 5], expected [4, 4]");
  EXPECT_EQ(error_after("\"data\": [2, 2]", "\"data\": [2]"),
            "graph: value parts has 1 elements of data for shape [2]");
  EXPECT_EQ(error_after("\"data\": [2, 2]", "\"data\": [2, 2.5]"),
            "graph: element 1 of value parts's data is no I64");
  EXPECT_EQ(error_after("\"data\": [2, 2]", "\"data\": [2, 9223372036854775808]"),
            "graph: element 1 of value parts's data is no I64");
  EXPECT_EQ(error_after("\"role\": \"state\"", "\"role\": \"past\""),
            "graph: value past: 'role' is \"past\", expected input, state, parameter, constant or computed");
  EXPECT_EQ(error_after("\"dtype\": \"I64\"", "\"dtype\": \"I8\""),
            "graph: value parts: 'dtype' is \"I8\", expected F32, F64, F16, BF16, I64, I32 or BOOL");
  EXPECT_EQ(error_after("\"name\": \"x\", ", ""), "graph: values[0]: 'name' is missing, expected a text");
  EXPECT_EQ(error_after("\"shape\": [1, 4]", "\"shape\": \"1\""),
            "graph: value x: 'shape' is \"1\", expected a list");
  EXPECT_EQ(
      error_after("  {\"name\": \"right\", \"dtype\": \"F32\", \"shape\": [1, 2], \"role\": \"computed\"},\n",
                  ""),
      "graph: 8 values are listed, 9 are used or computed");
  EXPECT_EQ(error_after("{\"axis\": -1}", "{\"axis\": null}"),
            "graph: node split: attributes: 'axis' is null, expected a number, a text or a list of integers");
  EXPECT_EQ(error_after("\"values\": [", "\"values\": [7, "), "graph: values[0] is 7, expected an object");
  EXPECT_EQ(error_after("\"shape\": [1, 4]", "\"shape\": [1, 4.5]"),
            "graph: value x: 'shape' holds 4.5, expected integers");
  EXPECT_EQ(error_after("\"mean\": 0.1", "\"mean\": \"0.1\""),
            "graph: value w: init: 'mean' is \"0.1\", expected a number");
  EXPECT_EQ(error_after("\"attributes\": {\"axis\"", "\"attribute\": {\"axis\""),
            "graph: node split: unknown field 'attribute'");
  EXPECT_EQ(error_after("\"role\": \"input\"", "\"role\": \"input\", \"trainable\": true"),
            "graph: value x: unknown field 'trainable'");
  EXPECT_TRUE(error_after("\"values\"", "values").starts_with("graph, line 3, column 2: not JSON: 'values"));
  EXPECT_FALSE(from_json("[]"));
  EXPECT_FALSE(from_json(""));
  EXPECT_FALSE(from_json("{\"assay_graph\": 1, \"name\": \"\xff\"}"));
}

TEST(Json, AbsurdNestingIsRefused) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_FALSE(from_json(R"({"assay_graph": 1, "name": )" + deep + "}"));
  EXPECT_FALSE(from_json(std::string(200'000, '[')));
}

TEST(Json, WhatDoesNotFitInt32IsRefused) {
  Graph graph("g");
  ASSERT_TRUE(graph.add_constant("c", Tensor::of<int32_t>({1}, {2147483647})));
  std::string text = to_json(graph);
  text.replace(text.find("2147483647"), 10, "2147483648");
  const auto again = from_json(text);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "graph: element 0 of value c's data is no I32");
}

TEST(Json, TheExampleOfThePageIsAGraph) {
  const auto page = read_file(std::string(source_tree()) + "/docs/graph-format.md");
  ASSERT_TRUE(page) << page.error().message;
  const size_t begin = page->find("```json\n") + 8;
  const auto graph = from_json(std::string_view(*page).substr(begin, page->find("```", begin) - begin));
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->outputs().size(), 2U);
}

TEST(Json, NoChangedByteCrashes) {
  const std::string text = to_json(small_graph());
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char byte : {'9', '-', ']'}) {
      std::string changed = text;
      changed[at] = byte;
      if (const auto graph = from_json(changed)) {
        EXPECT_FALSE(to_json(*graph).empty());
      }
    }
  }
}

TEST(Json, AnyCutOfTheTextIsAnErrorAndNoCrash) {
  const std::string text = to_json(small_graph());
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(from_json(text.substr(0, length))) << length;
}

}  // namespace
}  // namespace assay::graph
