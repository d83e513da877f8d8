// Gradients that jump: small graphs with an exact zero before a ReLU and an exact tie under a max-pool. A
// runner may take either side of the kink, and nothing else.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "autodiff/gradient.h"
#include "graph/builder.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"
#include "verify/gate.h"
#include "verify/tolerance.h"

namespace assay::verify {
namespace {

namespace fs = std::filesystem;
using graph::Builder;
using graph::Tensor;
using record::Verdict;
using tensor::DType;
using tensor::TensorMap;

// loss = sum(weights . relu(x w^T)): with x = (1, 1) the first row of w sums to exactly zero.
graph::Graph relu_graph() {
  Builder b("relu");
  const auto x = b.input("x", DType::f32, {1, 2});
  const auto w = b.parameter("w", {3, 2}, {});
  const auto y = b.op("y", "Relu", {b.op("product", "Linear", {x, w})});
  const auto scale = b.constant("scale", Tensor::of<float>({1, 3}, {1, 100, -100}));
  b.output(b.op("loss", "ReduceSum", {b.op("scaled", "Mul", {y, scale})}, {{"keepdims", 0}}));
  return std::move(b).finish().value();
}

// loss = sum(scale . max_pool(x + w)), 2 x 2 windows of a 2 x 4 image.
graph::Graph pool_graph() {
  Builder b("pool");
  const auto x = b.input("x", DType::f32, {1, 1, 2, 4});
  const auto w = b.parameter("w", {1, 1, 2, 4}, {});
  const auto sum = b.op("sum", "Add", {x, w});
  const std::vector<int64_t> two = {2, 2};
  const auto y = b.op("y", "MaxPool", {sum}, {{"kernel_shape", two}, {"strides", two}});
  const auto scale = b.constant("scale", Tensor::of<float>({1, 1, 1, 2}, {1, 100}));
  b.output(b.op("loss", "ReduceSum", {b.op("scaled", "Mul", {y, scale})}, {{"keepdims", 0}}));
  return std::move(b).finish().value();
}

class KinkCase {
 public:
  KinkCase(graph::Graph graph, const Tensor& w, const Tensor& first, const Tensor& second)
      : folder_(fs::temp_directory_path() / fmt::format("assay_kinks_test.{}.{}", ::getpid(), graph.name())) {
    fs::create_directories(folder_);
    workload_.name = "training";
    workload_.step.graph = std::move(graph);
    workload_.step.inputs = {TensorMap{{"x", first}}, TensorMap{{"x", second}}};
    request_.weights = folder_ / "weights.safetensors";
    request_.weights_key = "kinks";
    request_.folder = folder_ / "truth";
    request_.evaluate = evaluate_here;
    weights_ = {{"w", w}};
    EXPECT_TRUE(tensor::write_safetensors(request_.weights, weights_));
    auto found = find_truth(workload_, request_);
    EXPECT_TRUE(found) << found.error().message;
    truth = std::move(*found);
  }
  ~KinkCase() { fs::remove_all(folder_); }

  // An honest answer to a set, which goes one way at kinks.
  TensorMap answer(size_t set, reference::Kinks side = reference::Kinks::computed) const {
    TensorMap bindings = weights_;
    bindings.insert(workload_.step.inputs[set].begin(), workload_.step.inputs[set].end());
    const auto gradient = autodiff::gradient(workload_.step.graph).value();
    return reference::evaluate(
               gradient, bindings,
               {.scalar = reference::Scalar::f32, .threads = 1, .kinks = side, .kink_width = 1e-6})
        .value();
  }

  Judgement judged(const TensorMap& first) const {
    const std::array<Answer, 2> answers = {Answer{0, folder_ / "0"}, Answer{1, folder_ / "1"}};
    EXPECT_TRUE(tensor::write_safetensors(answers[0].path, first));
    EXPECT_TRUE(tensor::write_safetensors(answers[1].path, answer(1)));
    return judge(truth, answers).value();
  }

  Truth find_again() const { return find_truth(workload_, request_).value(); }

  Truth truth;

 private:
  fs::path folder_;
  models::Workload workload_;
  TruthRequest request_;
  TensorMap weights_;
};

const KinkCase& relu() {
  static const KinkCase one(relu_graph(), Tensor::of<float>({3, 2}, {0.5, -0.5, 2, 3, 1, 2}),
                            Tensor::of<float>({1, 2}, {1, 1}), Tensor::of<float>({1, 2}, {3, 1}));
  return one;
}

const KinkCase& pool() {
  static const KinkCase one(pool_graph(), Tensor(DType::f32, {1, 1, 2, 4}),
                            Tensor::of<float>({1, 1, 2, 4}, {3, 3, 1, 2, 2, 1, 4, 0}),
                            Tensor::of<float>({1, 1, 2, 4}, {3, 1, 1, 2, 2, 1, 4, 0}));
  return one;
}

TensorMap with(TensorMap answer, std::vector<float> gradient) {
  Tensor& g = answer.at("grad.w");
  g = Tensor::of<float>(g.shape(), gradient);
  return answer;
}

TEST(Kinks, SpreadIsTheJumpOfTheGradient) {
  EXPECT_DOUBLE_EQ(relu().truth.spread.at(0).at("grad.w"), std::sqrt(2));
  EXPECT_EQ(relu().truth.spread.at(1).at("grad.w"), 0) << "3 x 0.5 - 1 x 0.5 is far from zero";
  EXPECT_DOUBLE_EQ(pool().truth.spread.at(0).at("grad.w"), std::sqrt(2))
      << "1 moves from one pixel to the other";
  EXPECT_EQ(pool().truth.spread.at(1).at("grad.w"), 0);
}

TEST(Kinks, EitherSideIsExact) {
  for (const KinkCase* one : {&relu(), &pool()})
    for (const auto side : {reference::Kinks::computed, reference::Kinks::on, reference::Kinks::off}) {
      const auto judgement = one->judged(one->answer(0, side));
      EXPECT_EQ(judgement.accuracy.verdict, Verdict::exact) << judgement.accuracy.reason;
      EXPECT_TRUE(judgement.insensitive.empty());
    }
}

// The only gradient is as large as all of them.
TEST(Kinks, TheSmallestGradientIsTold) {
  const auto judgement = relu().judged(relu().answer(0));
  ASSERT_TRUE(judgement.smallest_gradient);
  EXPECT_EQ(judgement.smallest_gradient->tensor, "grad.w");
  EXPECT_DOUBLE_EQ(judgement.smallest_gradient->share, 1);
}

TEST(Kinks, TheOtherSideIsWrongWhereNothingIsAmbiguous) {
  Truth smooth = relu().truth;
  smooth.spread = {};
  const fs::path path = fs::temp_directory_path() / fmt::format("assay_kinks_test.{}", ::getpid());
  ASSERT_TRUE(tensor::write_safetensors(path, relu().answer(0, reference::Kinks::on)));
  const std::array<Answer, 1> answers = {Answer{0, path}};
  EXPECT_EQ(judge(smooth, answers).value().accuracy.verdict, Verdict::wrong);
  fs::remove(path);
}

TEST(Kinks, WhatNoKinkExplainsIsWrong) {
  EXPECT_EQ(relu().judged(with(relu().answer(0), {0, 0, 100, 100, -150, -150})).accuracy.verdict,
            Verdict::wrong);
  EXPECT_EQ(relu().judged(with(relu().answer(0), {0, 0, 0, 0, 0, 0})).accuracy.verdict, Verdict::wrong);
  EXPECT_EQ(pool().judged(with(pool().answer(0), {1, 0, 0, 0, 0, 0, 0, 100})).accuracy.verdict,
            Verdict::wrong);
}

TEST(Kinks, SpreadIsCached) {
  const Truth again = relu().find_again();
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(again.spread, relu().truth.spread);
}

TEST(Tolerance, SpreadWidensItThreefoldAndMakesInsensitive) {
  const TensorDifference gradient{.truth2 = 100, .count = 1}, all{.truth2 = 100, .count = 1};
  EXPECT_NEAR(gradient_tolerance(gradient, {.abs_l2 = 0.01}, all, 0.5), 30 * 0.01 + 3 * 0.5 + 1e-6 * 10,
              1e-12);
  EXPECT_NEAR(gradients_share({.error2 = 4, .truth2 = 100, .count = 1}, {.rel_l2 = 0.01}, 1.0), 2.0 / (1 + 3),
              1e-12);
  EXPECT_DOUBLE_EQ(total_spread({{"a", 3}, {"b", 4}}), 5);
}

}  // namespace
}  // namespace assay::verify
