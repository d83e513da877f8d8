// At a kink an ambiguous element goes the way it is told; every other element goes its own.
#include <gtest/gtest.h>

#include "graph/builder.h"
#include "reference/evaluate.h"

namespace assay::reference {
namespace {

using graph::Builder;
using tensor::DType;
using tensor::Tensor;

// The last output of one node with one input.
Tensor run(const std::string& op, const Tensor& x, const graph::Attributes& attributes, int outputs,
           const Options& options) {
  Builder b(op);
  const auto in = b.input("x", DType::f32, x.shape());
  std::vector<std::string> names;
  for (int i = 0; i < outputs; ++i) names.push_back("y" + std::to_string(i));
  b.output(b.ops("node", op, {in}, attributes, names).back());
  const auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().message;
  return evaluate(*graph, {{"x", x}}, options).value().at(names.back());
}

std::vector<bool> open_relus(const Options& options) {
  const Tensor x = Tensor::of<float>({6}, {-1e-8F, 0, 1e-8F, 1, -1, 1e-3F});  // RMS 0.58
  std::vector<bool> open;
  const Tensor result = run("Relu", x, {}, 1, options);
  for (const double y : result.data<double>()) open.push_back(y > 0);
  return open;
}

TEST(Kinks, ReluNearZeroGoesTheWayItIsTold) {
  using Open = std::vector<bool>;
  EXPECT_EQ(open_relus({}), (Open{false, false, true, true, false, true}));
  EXPECT_EQ(open_relus({.kinks = Kinks::on, .kink_width = 1e-6}),
            (Open{true, true, true, true, false, true}));
  EXPECT_EQ(open_relus({.kinks = Kinks::off, .kink_width = 1e-6}),
            (Open{false, false, false, true, false, true}));
  EXPECT_EQ(open_relus({.kinks = Kinks::off, .kink_width = 0.01}),
            (Open{false, false, false, true, false, false}));
}

std::vector<int64_t> taken(const Options& options) {
  // Windows (3, 3, 1, 2), where the first two tie, and (4, 0, 1, 3.999), where the last is near.
  const Tensor x = Tensor::of<float>({1, 1, 2, 4}, {3, 3, 4, 0, 1, 2, 1, 3.999F});
  const std::vector<int64_t> two = {2, 2};
  const Tensor indices = run("MaxPool", x, {{"kernel_shape", two}, {"strides", two}}, 2, options);
  return {indices.data<int64_t>().begin(), indices.data<int64_t>().end()};
}

TEST(Kinks, MaxPoolTakesTheFirstOrTheLastOfEqualOnes) {
  using Indices = std::vector<int64_t>;
  EXPECT_EQ(taken({}), (Indices{0, 2}));
  EXPECT_EQ(taken({.kinks = Kinks::on, .kink_width = 1e-6}), (Indices{0, 2}));
  EXPECT_EQ(taken({.kinks = Kinks::off, .kink_width = 1e-6}), (Indices{1, 2}));
  EXPECT_EQ(taken({.kinks = Kinks::off, .kink_width = 1e-2}), (Indices{1, 7}));
}

}  // namespace
}  // namespace assay::reference
