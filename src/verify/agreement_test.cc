#include "verify/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay::verify {
namespace {

using tensor::DType;
using tensor::Tensor;

TEST(Agreement, OfTheSameScoresIsPerfect) {
  const Tensor truth = Tensor::of<double>({2, 3}, {1, 2, 3, 3, 2, 1});
  const auto same = agreement(tensor::converted(truth, DType::f32), truth).value();
  EXPECT_EQ(same.rows, 2);
  EXPECT_EQ(same.top1, 1);
  EXPECT_NEAR(same.kl_divergence, 0, 1e-15);
}

// p = (3/4, 1/4), q = (1/2, 1/2): KL = 3/4 log(3/2) + 1/4 log(1/2).
TEST(Agreement, DivergenceIsTheOneOfTheDefinitionAndIgnoresAConstant) {
  const double expected = 0.75 * std::log(1.5) + 0.25 * std::log(0.5);
  const Tensor truth = Tensor::of<double>({1, 2}, {std::log(3.0), 0});
  for (const double shift : {0.0, 1000.0, -1000.0})
    EXPECT_NEAR(agreement(Tensor::of<double>({1, 2}, {shift, shift}), truth).value().kl_divergence, expected,
                1e-12);
}

TEST(Agreement, CountsRowsWithTheSameChoice) {
  const Tensor truth = Tensor::of<double>({4, 2}, {1, 0, 0, 1, 5, 5, 0, 1});
  const Tensor scores = Tensor::of<float>({4, 2}, {2, 0, 1, 0, 1, 1, 0, 9});
  EXPECT_EQ(agreement(scores, truth).value().top1, 0.75);
}

TEST(Agreement, RefusesWhatCannotBeCompared) {
  const Tensor truth(DType::f64, {2, 3});
  EXPECT_FALSE(agreement(Tensor(DType::f32, {3, 2}), truth));
  EXPECT_FALSE(agreement(Tensor(DType::i64, {2, 3}), truth));
  EXPECT_FALSE(agreement(Tensor(DType::f32, {0, 3}), Tensor(DType::f64, {0, 3})));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(agreement(Tensor::of<float>({1, 2}, {nan, 0}), Tensor(DType::f64, {1, 2})));
}

}  // namespace
}  // namespace assay::verify
