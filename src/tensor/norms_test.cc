#include "tensor/norms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay::tensor {
namespace {

Tensor f64(const std::vector<double>& values) {
  return Tensor::of<double>({static_cast<int64_t>(values.size())}, values);
}

Distance of(const Tensor& x, const Tensor& truth) {
  const auto result = distance(x, truth);
  EXPECT_TRUE(result) << result.error().message;
  return result.value_or(Distance{});
}

TEST(Norms, MeasuresWholeTensors) {
  const Distance result = of(f64({3, 4.5}), f64({3, 4}));
  EXPECT_DOUBLE_EQ(result.rel_l2, 0.1);
  EXPECT_DOUBLE_EQ(result.max_rel, 0.125);
  EXPECT_TRUE(result.finite);
}

TEST(Norms, TakesEveryFloatingType) {
  const Tensor truth = f64({1, 2});
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16})
    EXPECT_EQ(of(converted(f64({1, 1}), dtype), truth).max_rel, 0.5) << dtype_name(dtype);
}

TEST(Norms, ZeroTruthIsEqualOrInfinitelyFar) {
  EXPECT_EQ(of(f64({0, 0}), f64({0, 0})).rel_l2, 0);
  EXPECT_TRUE(std::isinf(of(f64({0, 1e-30}), f64({0, 0})).rel_l2));
}

TEST(Norms, NonFiniteIsSaidAndPassesNowhere) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const Distance result = of(f64({1, bad}), f64({1, 1}));
    EXPECT_FALSE(result.finite);
    EXPECT_TRUE(std::isinf(result.rel_l2));
    EXPECT_TRUE(std::isinf(result.max_rel));
  }
  EXPECT_TRUE(std::isinf(of(f64({1}), f64({std::nan("")})).rel_l2));
}

TEST(Norms, OtherShapesOrTypesFail) {
  EXPECT_FALSE(distance(f64({1, 2}), f64({1})));
  EXPECT_FALSE(distance(Tensor::of<int64_t>({1}, {1}), f64({1})));
  EXPECT_FALSE(distance(f64({1}), Tensor::of<float>({1}, {1})));
}

}  // namespace
}  // namespace assay::tensor
