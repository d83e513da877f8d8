#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace assay::tensor {
namespace {

uint16_t first_word(const Tensor& tensor) {
  return *reinterpret_cast<const uint16_t*>(tensor.bytes().data());
}

Tensor word(DType dtype, uint16_t bits) {
  Tensor result(dtype, {1});
  *reinterpret_cast<uint16_t*>(result.mutable_bytes().data()) = bits;
  return result;
}

uint16_t narrowed(DType dtype, double value) {
  return first_word(converted(Tensor::of<double>({1}, {value}), dtype));
}

TEST(Tensor, TypesHaveSizesAndNames) {
  EXPECT_EQ(dtype_size(DType::bf16), 2U);
  EXPECT_EQ(dtype_name(DType::boolean), "BOOL");
  EXPECT_EQ(dtype_from_name("I64"), DType::i64);
  EXPECT_EQ(dtype_from_name("F8"), std::nullopt);
  EXPECT_TRUE(is_floating(DType::f16));
  EXPECT_FALSE(is_floating(DType::i32));
}

TEST(Tensor, StartsAsZerosAndAligned) {
  const Tensor tensor(DType::f32, {3, 5});
  for (const float value : tensor.data<float>()) EXPECT_EQ(value, 0.0F);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes().data()) % 64, 0U);
  EXPECT_EQ(to_string(tensor.shape()), "[3, 5]");
  EXPECT_EQ(element_count({}), 1);
}

TEST(Tensor, CopiesShareBytes) {
  Tensor tensor = Tensor::of<int64_t>({2}, {1, 2});
  const Tensor copy = tensor;
  tensor.mutable_data<int64_t>()[0] = 7;
  EXPECT_EQ(copy.data<int64_t>()[0], 7);
}

TEST(Tensor, ViewKeepsItsOwner) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4});
  const Tensor view = Tensor::view(DType::f32, {2, 2}, std::as_bytes(std::span(*owner)), owner);
  EXPECT_EQ(owner.use_count(), 2);
  EXPECT_EQ(view.data<float>()[3], 4.0F);
}

// Exhaustive: every 16-bit pattern that is a number survives the way out and back.
TEST(Tensor, WideningIsExact) {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    for (int bits = 0; bits < (1 << 16); ++bits) {
      const Tensor wide = converted(word(dtype, static_cast<uint16_t>(bits)), DType::f32);
      if (std::isnan(wide.data<float>()[0])) continue;
      ASSERT_EQ(first_word(converted(wide, dtype)), bits) << dtype_name(dtype);
    }
  }
  EXPECT_EQ(converted(word(DType::bf16, 0x3FC0), DType::f64).data<double>()[0], 1.5);
  EXPECT_EQ(converted(word(DType::f16, 0x0001), DType::f32).data<float>()[0], std::ldexp(1.0F, -24));
}

TEST(Tensor, NarrowingRoundsToNearestEven) {
  EXPECT_EQ(narrowed(DType::f16, 2049), 0x6800);   // between 2048 and 2050: even
  EXPECT_EQ(narrowed(DType::f16, 2051), 0x6802);   // between 2050 and 2052: even
  EXPECT_EQ(narrowed(DType::f16, 65519), 0x7BFF);  // still the largest
  EXPECT_EQ(narrowed(DType::f16, 65520), 0x7C00);  // infinity
  EXPECT_EQ(narrowed(DType::f16, -0.0), 0x8000);
  EXPECT_EQ(narrowed(DType::bf16, -std::numeric_limits<double>::infinity()), 0xFF80);
  // Once, not through float32: 1 + 2^-11 + 2^-40 is above the tie in f16.
  EXPECT_EQ(narrowed(DType::f16, 1 + std::ldexp(1.0, -11) + std::ldexp(1.0, -40)), 0x3C01);
  const Tensor nan = converted(Tensor::of<double>({1}, {std::nan("")}), DType::bf16);
  EXPECT_TRUE(std::isnan(converted(nan, DType::f32).data<float>()[0]));
}

}  // namespace
}  // namespace assay::tensor
