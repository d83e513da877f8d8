#include <gtest/gtest.h>

#include "graph/builder.h"
#include "graph/cost.h"

namespace assay::graph {
namespace {

LeastWork of(Builder b, bool gradients) {
  const auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().message;
  return graph ? least_work(*graph, gradients) : LeastWork();
}

// x[5, 3] -> h[5, 7] -> y[5, 2], elementwise work between them.
Builder two_layers(bool first_is_trainable = true) {
  Builder b("g");
  const auto h = b.op("h", "Linear",
                      {b.input("x", DType::f32, {5, 3}), b.parameter("w1", {7, 3}, {}, first_is_trainable)});
  b.output(b.op("y", "Linear", {b.op("r", "Relu", {h}), b.parameter("w2", {2, 7}, {})}));
  return b;
}

constexpr double kFirst = 2.0 * 5 * 3 * 7, kSecond = 2.0 * 5 * 7 * 2;

TEST(LeastWork, CountsProductsAndWhatMustBeTouched) {
  const LeastWork least = of(two_layers(), false);
  EXPECT_EQ(least.flops, kFirst + kSecond) << "what is done to single elements can be fused away";
  EXPECT_EQ(least.least_flops, least.flops);
  EXPECT_EQ(least.bytes, 4.0 * (7 * 3 + 2 * 7 + 5 * 3 + 5 * 2));
}

TEST(LeastWork, AGradientIsAProductForEachOperandThatIsTrained) {
  EXPECT_EQ(of(two_layers(), true).flops, 2 * kFirst + 3 * kSecond) << "the input needs no gradient";
  EXPECT_EQ(of(two_layers(false), true).flops, kFirst + 2 * kSecond);
  EXPECT_EQ(of(two_layers(), true).bytes, of(two_layers(), false).bytes + 4.0 * (7 * 3 + 2 * 7));
}

TEST(LeastWork, AProductOfParametersCanBeMadeBeforeTheStep) {
  Builder b("g");
  const auto w = b.op("w", "MatMul", {b.parameter("a", {4, 4}, {}), b.parameter("b", {4, 4}, {})});
  b.output(b.op("y", "MatMul", {b.input("x", DType::f32, {1, 4}), w}));
  EXPECT_EQ(of(std::move(b), false).flops, 2.0 * 4 * 4);
}

TEST(LeastWork, AttentionCountsTheUnmaskedHalfTwiceMoreWithGradients) {
  Builder b("g");
  const auto x = b.input("x", DType::f32, {1, 4, 6});
  const auto project = [&](const char* name) {
    return b.op(name, "Linear", {x, b.parameter(std::string(name) + ".w", {6, 6}, {})});
  };
  const auto q = project("q"), k = project("k"), v = project("v");
  b.output(b.op("y", "Attention", {q, k, v}, {{"q_num_heads", 2}, {"kv_num_heads", 2}, {"is_causal", 1}}));
  const double linear = 3 * 2.0 * 4 * 6 * 6, pairs = 2 * (1 + 2 + 3 + 4), attention = pairs * 2 * (3 + 3);
  const auto graph = std::move(b).finish();
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(least_work(*graph, false).flops, linear + attention);
  EXPECT_EQ(least_work(*graph, true).flops, 2 * linear + 3 * attention);
}

// One image of one channel, a square kernel: the share of the direct products.
double convolution_share(int64_t kernel, int64_t stride) {
  Builder b("g");
  b.output(b.op("y", "Conv",
                {b.input("x", DType::f32, {1, 2, 32, 32}), b.parameter("w", {3, 2, kernel, kernel}, {})},
                {{"strides", std::vector<int64_t>{stride, stride}}}));
  const LeastWork least = of(std::move(b), false);
  return least.least_flops / least.flops;
}

TEST(LeastWork, ConvolutionsAtMinimalArithmetic) {
  EXPECT_DOUBLE_EQ(convolution_share(1, 1), 1);
  EXPECT_DOUBLE_EQ(convolution_share(3, 1), (8.0 / 6) * (8.0 / 6) / 9) << "F(6x6, 3x3): 64 for 324";
  EXPECT_DOUBLE_EQ(convolution_share(2, 2), 1) << "windows that do not overlap share nothing";
  const double split = 7.0 / 6 + 1;  // taps 0 and 2 as one filter, tap 1 as another
  EXPECT_DOUBLE_EQ(convolution_share(3, 2), split * split / 9);
  EXPECT_DOUBLE_EQ(convolution_share(7, 1), (8.0 / 6) * (8.0 / 6) / 49);
}

}  // namespace
}  // namespace assay::graph
