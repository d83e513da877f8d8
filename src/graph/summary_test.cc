#include "graph/summary.h"

#include <gtest/gtest.h>

#include "graph/builder.h"

namespace assay::graph {
namespace {

TEST(Summary, FoldsLayersAndCountsCost) {
  Builder b("net/tiny");
  ValueId x = b.input("x", DType::f32, {2, 8});
  const ValueId past = b.state("past", DType::f32, {2, 8});
  for (int i = 0; i < 12; ++i) {
    const ValueId w = b.parameter(fmt::format("layers.{}.weight", i), {8, 8}, {});
    x = b.op(fmt::format("layers.{}.linear", i), "Linear", {x, w});
  }
  x = b.op("layers.12.relu", "Relu", {x});
  const ValueId axes = b.constant("axes", Tensor::of<int64_t>({1}, {1}));
  b.output(b.op("sum", "ReduceSum", {b.op("add", "Add", {x, past}), axes}));
  const auto graph = std::move(b).finish();
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(summary(*graph), R"(net/tiny
  input        1 x x  F32 [2, 8]
  state        1 x past  F32 [2, 8]
  parameter   12 x layers.*.weight  F32 [8, 8]
  constant     1 x, 8 B
  output       1 x sum  F32 [2, 1]
  parameters 768 (3.07 kB read a step)
  arithmetic 3.12 kFLOP
  memory     136 B inputs, states and outputs; 1.79 kB computed values, at most 128 B of them at once
15 nodes: 1 Add, 12 Linear, 1 ReduceSum, 1 Relu
    12 x Linear                      3.07 kFLOP  layers.*.linear  F32 [2, 8]
     1 x Relu                           16 FLOP  layers.12.relu  F32 [2, 8]
     1 x Add                            16 FLOP  add  F32 [2, 8]
     1 x ReduceSum                      16 FLOP  sum  F32 [2, 1])");
}

TEST(Summary, OfAnEmptyGraphIsItsName) {
  EXPECT_TRUE(summary(Graph("nothing")).starts_with("nothing\n  parameters 0"));
}

}  // namespace
}  // namespace assay::graph
