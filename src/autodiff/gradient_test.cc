// The form of gradient graphs; their numbers are tested in tests/gradients.
#include "autodiff/gradient.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "graph/builder.h"
#include "graph/json.h"

namespace assay::autodiff {
namespace {

using graph::Builder;
using graph::DType;
using graph::Graph;
using graph::Node;
using graph::Tensor;
using graph::ValueId;

ValueId sum_of(Builder& b, ValueId x) { return b.op("loss", "ReduceSum", {x}, {{"keepdims", int64_t{0}}}); }

Graph finished(Builder b) {
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << (graph ? "" : graph.error().message);
  return graph ? *graph : Graph();
}

Graph gradient_of(Builder b) {
  auto result = gradient(finished(std::move(b)));
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? *result : Graph();
}

std::string error_of(Builder b) {
  const auto result = gradient(finished(std::move(b)));
  return result ? "" : result.error().message;
}

std::vector<Node> nodes_of(const Graph& graph, std::string_view op) {
  std::vector<Node> found;
  std::ranges::copy_if(graph.nodes(), std::back_inserter(found),
                       [&](const Node& node) { return node.op == op; });
  return found;
}

graph::Shape shape_of(const Graph& graph, std::string_view name) {
  const auto id = graph.find(name);
  return id ? graph.value(*id).shape : graph::Shape{-1};
}

const Node* maker_of(const Graph& graph, std::string_view value) {
  for (const Node& node : graph.nodes())
    for (const ValueId output : node.outputs)
      if (graph.value(output).name == value) return &node;
  return nullptr;
}

// loss = mean cross entropy of a linear head, with an embedding that may be the head's weight too.
Builder classifier(bool tied) {
  Builder b("classifier");
  const ValueId ids = b.input("ids", DType::i64, {4});
  const ValueId labels = b.input("labels", DType::i64, {4});
  const ValueId table = b.parameter("table", {9, 6}, {});
  const ValueId head = tied ? table : b.parameter("head", {9, 6}, {});
  const ValueId x = b.op("tanh", "Tanh", {b.op("embedding", "Gather", {table, ids}, {{"axis", int64_t{0}}})});
  const ValueId logits = b.op("logits", "Linear", {x, head});
  b.output(b.op("loss", "SoftmaxCrossEntropyLoss", {logits, labels}));
  return b;
}

TEST(Gradient, OutputsAreTheLossAndEachTrainableParametersGradientInOrder) {
  const Graph g = gradient_of(classifier(false));
  std::vector<std::string> names;
  for (const ValueId id : g.outputs()) names.push_back(g.value(id).name);
  EXPECT_EQ(names, (std::vector<std::string>{"loss", "grad.table", "grad.head"}));
  for (const auto* name : {"grad.table", "grad.head"}) EXPECT_EQ(shape_of(g, name), (graph::Shape{9, 6}));
  EXPECT_EQ(g.with_role(graph::Role::input).size(), 2u);
}

TEST(Gradient, IsDeterministic) {
  EXPECT_EQ(graph::to_json(gradient_of(classifier(true))), graph::to_json(gradient_of(classifier(true))));
}

TEST(Gradient, OfATiedTableIsTheHeadsWithTheRowsAdded) {
  const Graph g = gradient_of(classifier(true));
  const Node* scatter = maker_of(g, "grad.table");
  ASSERT_NE(scatter, nullptr);
  EXPECT_EQ(scatter->op, "ScatterND");
  const Node* product = maker_of(g, g.value(scatter->inputs[0]).name);
  ASSERT_NE(product, nullptr);
  EXPECT_EQ(product->op, "Gemm") << "the rows are added onto the head's gradient, no zeros are made";
}

TEST(Gradient, OfAMeanGoesIntoTheFactorOfTheProducts) {
  const Graph g = gradient_of(classifier(false));
  const Node* weight = maker_of(g, "grad.head");
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(weight->op, "Gemm");
  EXPECT_EQ(weight->integer("transA", 0), 1);
  EXPECT_DOUBLE_EQ(weight->real("alpha", 1), 0.25);
  for (const Node& node : nodes_of(g, "Mul")) EXPECT_NE(g.value(node.outputs[0]).shape, (graph::Shape{4, 9}));
}

TEST(Gradient, ComputesTheSoftmaxOnce) {
  const Graph g = gradient_of(classifier(false));
  EXPECT_EQ(nodes_of(g, "LogSoftmax").size(), 1u);
  EXPECT_EQ(nodes_of(g, "SoftmaxCrossEntropyLoss").size(), 0u);
}

TEST(Gradient, OfAnUnusedParameterIsZeros) {
  Builder b("unused");
  b.parameter("idle", {2, 3}, {});
  b.output(sum_of(b, b.parameter("w", {2}, {})));
  const Graph g = gradient_of(std::move(b));
  const Node* zeros = maker_of(g, "grad.idle");
  ASSERT_NE(zeros, nullptr);
  EXPECT_EQ(zeros->op, "Expand");
  EXPECT_EQ(shape_of(g, "grad.idle"), (graph::Shape{2, 3}));
}

TEST(Gradient, LeavesOutWhatNoParameterAndNoLossNeeds) {
  Builder b("pruned");
  const ValueId x = b.input("x", DType::f32, {4, 6});
  const ValueId frozen = b.op("frozen", "Linear", {x, b.parameter("frozen.weight", {6, 6}, {}, false)});
  b.op("aside", "Exp", {frozen});
  b.output(sum_of(b, b.op("trained", "Linear", {frozen, b.parameter("trained.weight", {3, 6}, {})})));
  const Graph g = gradient_of(std::move(b));
  EXPECT_EQ(g.find("grad.frozen.weight"), std::nullopt);
  EXPECT_EQ(nodes_of(g, "Exp").size(), 0u);
  EXPECT_EQ(nodes_of(g, "MatMul").size(), 0u) << "nothing flows to the frozen part";
  EXPECT_EQ(nodes_of(g, "Gemm").size(), 1u);
}

TEST(Gradient, ThatIsAnotherValueToo) {
  Builder b("shared");  // both parameters have the same gradient, and one is the loss
  const ValueId a = b.parameter("a", {3}, {});
  const ValueId c = b.parameter("c", {3}, {});
  b.output(sum_of(b, b.op("y", "Add", {a, c})));
  const Graph g = gradient_of(std::move(b));
  EXPECT_NE(g.find("grad.a"), std::nullopt);
  EXPECT_NE(g.find("grad.c"), std::nullopt);

  Builder itself("itself");
  itself.output(itself.parameter("w", {}, {}));
  const Graph one = gradient_of(std::move(itself));
  EXPECT_EQ(one.outputs().size(), 2u);
}

TEST(Gradient, NodesAreNamedAfterTheForwardNode) {
  const Graph g = gradient_of(classifier(false));
  EXPECT_NE(std::ranges::find(g.nodes(), "grad/tanh/Mul", &Node::name), g.nodes().end());
  EXPECT_NE(std::ranges::find(g.nodes(), "loss/LogSoftmax", &Node::name), g.nodes().end());
}

TEST(Gradient, OfSeveralOrWideOutputsFails) {
  Builder none("none");
  none.parameter("w", {2}, {});
  EXPECT_NE(error_of(std::move(none)).find("0 outputs"), std::string::npos);
  Builder wide("wide");
  wide.output(wide.op("y", "Exp", {wide.parameter("w", {2}, {})}));
  EXPECT_NE(error_of(std::move(wide)).find("output y is F32 [2], not a floating scalar"), std::string::npos);
}

TEST(Gradient, WithoutARuleNamesNodeAndOperator) {
  Builder b("ruleless");
  b.output(sum_of(b, b.op("up", "Floor", {b.parameter("w", {2}, {})})));
  EXPECT_EQ(error_of(std::move(b)),
            "node up: Floor has no gradient rule; a parameter cannot be trained through it");
}

TEST(Gradient, OfAnUncoveredCaseSaysWhy) {
  Builder b("weighted");
  const ValueId labels = b.input("labels", DType::i64, {2});
  const ValueId weights = b.input("weights", DType::f32, {3});
  b.output(b.op("loss", "SoftmaxCrossEntropyLoss", {b.parameter("w", {2, 3}, {}), labels, weights}));
  EXPECT_EQ(error_of(std::move(b)),
            "node loss: SoftmaxCrossEntropyLoss has no gradient here: class weights are not supported");
}

TEST(Gradient, OfAttentionAsksForTheProbabilitiesAndNothingElse) {
  Builder b("attention");
  const ValueId q = b.parameter("q", {1, 1, 2, 4}, {});
  b.output(sum_of(b, b.op("mixed", "Attention", {q, q, q})));
  const Graph g = gradient_of(std::move(b));
  const auto found = nodes_of(g, "Attention");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].integer("qk_matmul_output_mode", 0), 3);
  EXPECT_EQ(found[0].output(1), graph::kAbsent);
  EXPECT_EQ(found[0].output(2), graph::kAbsent);
  EXPECT_NE(found[0].output(3), graph::kAbsent);
}

TEST(Gradient, OfAttentionToItsMaskFails) {
  Builder b("mask");
  const ValueId q = b.parameter("q", {1, 1, 2, 4}, {});
  b.output(sum_of(b, b.op("mixed", "Attention", {q, q, q, b.parameter("mask", {2, 2}, {})})));
  EXPECT_EQ(error_of(std::move(b)),
            "node mixed: Attention has no gradient here: attn_mask cannot be trained");
}

}  // namespace
}  // namespace assay::autodiff
