#include "graph/cost.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "graph/builder.h"

namespace assay::graph {
namespace {

Tensor ints(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
}

// FLOPs of the last node.
double last_flops(Builder b) {
  const auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().message;
  return graph ? node_flops(*graph, graph->nodes().back()) : -1;
}

TEST(Cost, ProductsByHand) {
  Builder linear("g");
  linear.op("y", "Linear",
            {linear.input("x", DType::f32, {2, 5, 3}), linear.parameter("w", {7, 3}, {}),
             linear.parameter("b", {7}, {})});
  EXPECT_EQ(last_flops(std::move(linear)), 2.0 * 10 * 3 * 7 + 70);
  Builder matmul("g");
  matmul.op("y", "MatMul", {matmul.input("a", DType::f32, {4, 2, 3}), matmul.input("b", DType::f32, {3, 5})});
  EXPECT_EQ(last_flops(std::move(matmul)), 2.0 * 4 * 2 * 3 * 5);
  Builder gemm("g");
  gemm.op("y", "Gemm", {gemm.input("a", DType::f32, {3, 2}), gemm.input("b", DType::f32, {3, 5})},
          {{"transA", 1}});
  EXPECT_EQ(last_flops(std::move(gemm)), 2.0 * 2 * 3 * 5);
}

TEST(Cost, ConvolutionsByHand) {
  Builder conv("g");
  conv.op("y", "Conv",
          {conv.input("x", DType::f32, {2, 4, 9}), conv.parameter("w", {6, 2, 3}, {}),
           conv.parameter("b", {6}, {})},
          {{"group", 2}});
  EXPECT_EQ(last_flops(std::move(conv)), 2.0 * (2 * 6 * 7) * 2 * 3 + 2 * 6 * 7);
  Builder transposed("g");
  transposed.op("y", "ConvTranspose",
                {transposed.input("x", DType::f32, {2, 4, 9}), transposed.parameter("w", {4, 3, 5}, {})});
  EXPECT_EQ(last_flops(std::move(transposed)), 2.0 * (2 * 4 * 9) * 3 * 5);
}

// Pairs of query and key for 4 queries after 3 past keys: causal 4 + 5 + 6 + 7, else 4 * 7.
double attention_flops(bool causal) {
  Builder b("g");
  const ValueId q = b.input("q", DType::f32, {1, 2, 4, 8});
  const ValueId k = b.input("k", DType::f32, {1, 1, 4, 8});
  const ValueId v = b.input("v", DType::f32, {1, 1, 4, 6});
  const ValueId past_k = b.input("pk", DType::f32, {1, 1, 3, 8});
  const ValueId past_v = b.input("pv", DType::f32, {1, 1, 3, 6});
  b.op("y", "Attention", {q, k, v, kAbsent, past_k, past_v}, {{"is_causal", causal ? 1 : 0}});
  return last_flops(std::move(b));
}

TEST(Cost, RecurrencesByHand) {
  Builder lstm("g");
  lstm.ops("y", "LSTM",
           {lstm.input("x", DType::f32, {7, 2, 5}), lstm.parameter("w", {1, 12, 5}, {}),
            lstm.parameter("r", {1, 12, 3}, {})},
           {}, {"y"});
  const double steps = 7 * 2, states = steps * 3;
  EXPECT_EQ(last_flops(std::move(lstm)), steps * 2 * 12 * (5 + 3) + states * (4 + 3 * 4 + 2 + 4));
}

TEST(Cost, EinsumsByHand) {
  const auto flops = [](const std::string& equation, const std::vector<Shape>& shapes) {
    Builder b("g");
    std::vector<ValueId> inputs;
    for (const Shape& shape : shapes)
      inputs.push_back(b.input(fmt::format("x{}", inputs.size()), DType::f32, shape));
    b.op("y", "Einsum", inputs, {{"equation", equation}});
    return last_flops(std::move(b));
  };
  EXPECT_EQ(flops("bij,bjk->bik", {{4, 2, 3}, {4, 3, 5}}), 2.0 * 4 * 2 * 3 * 5);
  EXPECT_EQ(flops("i,j->ij", {{2}, {3}}), 6) << "nothing is summed";
  EXPECT_EQ(flops("ij->ji", {{2, 3}}), 0);
}

TEST(Cost, CausalAttentionCountsTheUnmaskedHalf) {
  EXPECT_EQ(attention_flops(false), 2.0 * 28 * (2 * (8 + 6) + 6));
  EXPECT_EQ(attention_flops(true), 2.0 * 22 * (2 * (8 + 6) + 6));
}

TEST(Cost, OfAnEmbeddingOnlyTheRowsReadCount) {
  Builder b("g");
  const ValueId ids = b.input("ids", DType::i64, {1, 3});
  const ValueId table = b.parameter("table", {100, 8}, {});
  const ValueId x = b.op("x", "Gather", {table, ids});
  b.output(x);
  const Cost alone = cost(*Builder(b).finish());
  EXPECT_EQ(alone.parameters, 800);
  EXPECT_EQ(alone.parameter_bytes, 3 * 8 * 4.0);
  EXPECT_EQ(alone.io_bytes, 3 * 8 + 3 * 8 * 4.0);
  EXPECT_EQ(alone.activation_bytes, 0) << "the only computed value is an output";
  b.output(b.op("logits", "Linear", {x, table}));
  EXPECT_EQ(cost(*std::move(b).finish()).parameter_bytes, 800 * 4.0) << "a tied head reads all of it";
}

// Bytes read of a table [3, 8] by a Gather of `count` indices along `axis`.
double gathered_bytes(int64_t count, int64_t axis) {
  Builder b("g");
  const ValueId ids = b.input("ids", DType::i64, {count});
  b.output(b.op("x", "Gather", {b.parameter("table", {3, 8}, {}), ids}, {{"axis", axis}}));
  return cost(*std::move(b).finish()).parameter_bytes;
}

TEST(Cost, RowsReadAreNotMoreThanThereAre) {
  EXPECT_EQ(gathered_bytes(2, 0), 2 * 8 * 4.0);
  EXPECT_EQ(gathered_bytes(5, 0), 3 * 8 * 4.0);
  EXPECT_EQ(gathered_bytes(1, 1), 3 * 8 * 4.0) << "columns are not rows";
}

// x -> a -> view of a -> b; a is read by b's node through the view, and by the last node.
TEST(Cost, PeakFreesAfterTheLastReaderAndTakesViewsForFree) {
  Builder b("g");
  const ValueId x = b.input("x", DType::f32, {2, 8});
  const ValueId a = b.op("a", "Relu", {x});
  const ValueId view = b.op("view", "Reshape", {a, b.constant("shape", ints({16}))});
  const ValueId c = b.op("c", "Exp", {view});
  const ValueId sum = b.op("sum", "ReduceSum", {c}, {{"keepdims", 0}});
  b.output(b.op("y", "Add", {sum, sum}));
  const Cost total = cost(*std::move(b).finish());
  EXPECT_EQ(total.peak_activation_bytes, 64 + 64.0);
  // Written: a 64, c 64, sum 4. Read: a through the view 64, c 64, sum once by one node 4.
  EXPECT_EQ(total.activation_bytes, 132 + 132.0);
  EXPECT_EQ(total.flops, 16 + 16 + 16 + 1.0);
}

TEST(Cost, OutputsStayAlive) {
  Builder b("g");
  const ValueId x = b.input("x", DType::f32, {16});
  const ValueId a = b.op("a", "Relu", {x});
  b.output(a);
  const ValueId c = b.op("c", "Relu", {a});
  const ValueId d = b.op("d", "Relu", {c});
  b.output(d);
  EXPECT_EQ(cost(*std::move(b).finish()).peak_activation_bytes, 3 * 64.0);
}

// CPU seconds to cost a graph all of whose nodes are outputs; the least of three.
double seconds_of(int outputs) {
  Builder b("g");
  const ValueId x = b.input("x", DType::f32, {1});
  for (int i = 0; i < outputs; ++i) b.output(b.op(fmt::format("y{}", i), "Neg", {x}));
  const auto graph = std::move(b).finish();
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    const std::clock_t begun = std::clock();
    EXPECT_EQ(cost(*graph).flops, outputs);
    least = std::min(least, static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC);
  }
  return least;
}

// Sixteen times as many take sixteen times as long, a little more where caches end, and not 256 times.
TEST(Cost, TakesNoLongerANodeInALargeGraph) { EXPECT_LT(seconds_of(160'000), 100 * seconds_of(10'000)); }

}  // namespace
}  // namespace assay::graph
