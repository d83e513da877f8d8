#include "graph/graph.h"

#include <gtest/gtest.h>

#include "graph/builder.h"

namespace assay::graph {
namespace {

TEST(Graph, KeepsValuesNodesAndOutputsInOrder) {
  Builder b("net");
  const ValueId x = b.input("x", DType::f32, {2, 3});
  const ValueId w = b.parameter("w", {4, 3}, {.std = 0.5});
  const ValueId frozen = b.parameter("frozen", {4}, {.mean = 1}, false);
  const ValueId y = b.op("y", "Linear", {x, w, frozen});
  b.output(y);
  const auto graph = std::move(b).finish();
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->value(y).shape, (Shape{2, 4}));
  EXPECT_EQ(graph->value(y).role, Role::computed);
  EXPECT_EQ(graph->nodes()[0].outputs, std::vector<ValueId>{y});
  EXPECT_EQ(graph->with_role(Role::parameter), (std::vector<ValueId>{w, frozen}));
  EXPECT_TRUE(graph->value(w).trainable);
  EXPECT_FALSE(graph->value(frozen).trainable);
  EXPECT_EQ(graph->find("frozen"), frozen);
  EXPECT_FALSE(graph->find("y2"));
}

TEST(Graph, RefusesWhatDoesNotFit) {
  Graph g("net");
  const ValueId x = *g.add_input("x", DType::f32, {2, 3});
  const auto message = [&](auto&& result) {
    return result ? std::string("no error") : result.error().message;
  };
  EXPECT_EQ(message(g.add_input("x", DType::f32, {})), "graph net: the name x is given to two values");
  EXPECT_EQ(message(g.add_input("", DType::f32, {})), "graph net: a value without a name");
  EXPECT_EQ(message(g.add_input("n", DType::f32, {-1})),
            "value n: shape [-1] has a negative dimension, or 2^40 elements or more");
  EXPECT_FALSE(g.add_input("n", DType::f32, {int64_t{1} << 30, int64_t{1} << 30}));
  EXPECT_FALSE(g.add_input("n", DType::f32, {int64_t{1} << 62, 0, int64_t{1} << 62}));
  EXPECT_EQ(message(g.add_node("n", "Rellu", {x}, {}, {"y"})),
            "node n (Rellu): there is no such operator. Did you mean Relu?");
  EXPECT_EQ(message(g.add_node("n", "Add", {x}, {}, {"y"})), "node n (Add): input 1 (B) is missing");
  EXPECT_EQ(message(g.add_node("n", "Add", {x, kAbsent}, {}, {"y"})), "node n (Add): input 1 (B) is missing");
  EXPECT_EQ(message(g.add_node("n", "Relu", {x, x}, {}, {"y"})),
            "node n (Relu): 2 inputs, expected at most 1");
  EXPECT_EQ(message(g.add_node("n", "Relu", {x}, {}, {"y", "z"})),
            "node n (Relu): 2 outputs, expected at most 1");
  EXPECT_EQ(message(g.add_node("n", "Relu", {x}, {}, {})), "node n (Relu): output 0 (Y) is missing");
  EXPECT_EQ(message(g.add_node("n", "Relu", {x}, {}, {""})), "node n (Relu): output 0 (Y) is missing");
  EXPECT_EQ(message(g.add_node("n", "Relu", {7}, {}, {"y"})),
            "node n (Relu): an input is no value of the graph");
  EXPECT_EQ(message(g.add_node("n", "Softmax", {x}, {{"axes", 1}}, {"y"})),
            "node n (Softmax): attribute axes is unknown");
  EXPECT_EQ(message(g.add_node("n", "Softmax", {x}, {{"axis", "1"}}, {"y"})),
            "node n (Softmax): attribute axis must be an integer");
  EXPECT_EQ(message(g.add_node("n", "Concat", {x}, {}, {"y"})), "node n (Concat): attribute axis is missing");
  EXPECT_EQ(message(g.add_node("n", "Concat", {x, kAbsent}, {{"axis", 0}}, {"y"})),
            "node n (Concat): input 1 is missing");
  EXPECT_EQ(message(g.add_node("n", "Gelu", {x}, {{"approximate", "fast"}}, {"y"})),
            "node n (Gelu): attribute approximate is \"fast\", expected one of none, tanh");
  EXPECT_EQ(message(g.add_node("n", "Relu", {x}, {}, {"x"})), "graph net: the name x is given to two values");
  EXPECT_TRUE(g.nodes().empty());
  ASSERT_TRUE(g.add_node("n", "Relu", {x}, {}, {"y"}));
  EXPECT_EQ(message(g.add_node("n", "Relu", {x}, {}, {"z"})), "graph net: the name n is given to two nodes");
}

TEST(Graph, AnIntegerForARealAttributeBecomesAReal) {
  Builder b("net");
  b.op("y", "Swish", {b.input("x", DType::f32, {2})}, {{"alpha", 2}});
  const Graph graph = *std::move(b).finish();
  EXPECT_EQ(graph.nodes()[0].real("alpha", 1), 2.0);
  EXPECT_EQ(graph.nodes()[0].real("other", 7), 7.0);
  EXPECT_TRUE(graph.nodes()[0].has("alpha"));
}

TEST(Builder, KeepsTheFirstErrorAndDoesNothingAfterIt) {
  Builder b("net");
  const ValueId x = b.input("x", DType::f32, {2, 3});
  EXPECT_EQ(b.op("a", "Nothing", {x}), kAbsent);
  EXPECT_EQ(b.ops("s", "Split", {x}, {}, {"p", "q"}), (std::vector<ValueId>{kAbsent, kAbsent}));
  EXPECT_EQ(b.shape(x), Shape());
  b.output(x);
  const auto graph = std::move(b).finish();
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().message, "node a (Nothing): there is no such operator.");
}

TEST(Builder, SharesEqualConstantsOnly) {
  Builder b("net");
  const ValueId first = b.constant("axes", Tensor::of<int64_t>({1}, {1}));
  EXPECT_EQ(b.constant("axes", Tensor::of<int64_t>({1}, {1})), first);
  EXPECT_EQ(b.constant("axes", Tensor::of<int64_t>({1}, {2})), kAbsent);
  EXPECT_FALSE(std::move(b).finish());
}

}  // namespace
}  // namespace assay::graph
