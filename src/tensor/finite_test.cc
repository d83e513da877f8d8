#include "tensor/finite.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay::tensor {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Finite, NumbersAreFiniteHoweverLarge) {
  EXPECT_EQ(first_not_finite(Tensor::of<float>({3}, {0, -std::numeric_limits<float>::max(), 1e-45F})),
            std::nullopt);
  EXPECT_EQ(first_not_finite(Tensor::of<double>({2}, {1e300, -1e300})), std::nullopt);
  EXPECT_EQ(first_not_finite(Tensor::of<int64_t>({1}, {1})), std::nullopt);
  EXPECT_EQ(first_not_finite(Tensor()), std::nullopt);
}

TEST(Finite, TheFirstThatIsNotIsNamed) {
  Tensor tensor(DType::f32, {100, 300});
  tensor.mutable_data<float>()[70 * 300 + 5] = -kInfinity;
  tensor.mutable_data<float>()[71 * 300] = std::nanf("");
  EXPECT_EQ(first_not_finite(tensor), "[70, 5] is -inf");
  EXPECT_EQ(first_not_finite(Tensor::of<double>({}, {std::nan("")})), "[] is nan");
  const TensorMap map = {{"a", Tensor::of<float>({1}, {1})}, {"b", tensor}};
  EXPECT_EQ(first_not_finite(map), "b[70, 5] is -inf");
}

TEST(Finite, ShortTypesAreReadAsWhatTheyAre) {
  const Tensor wide = Tensor::of<float>({2}, {1, 1e30F});
  EXPECT_EQ(first_not_finite(converted(wide, DType::f16)), "[1] is inf");
  EXPECT_EQ(first_not_finite(converted(wide, DType::bf16)), std::nullopt);
}

}  // namespace
}  // namespace assay::tensor
