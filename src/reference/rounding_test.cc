// Operands in short formats: single numbers against values worked out by hand, products against rounded
// inputs.
#include "reference/rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "reference/blas.h"
#include "tensor/tensor.h"

namespace assay::reference {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Rounding, KeepsTheBitsOfTheFormatAndRoundsToEven) {
  EXPECT_EQ(rounded(1 + 0x1p-10F, Operands::tf32), 1 + 0x1p-10F);
  EXPECT_EQ(rounded(1 + 0x1p-11F, Operands::tf32), 1);  // halfway, to even
  EXPECT_EQ(rounded(1 + 0x3p-11F, Operands::tf32), 1 + 0x1p-9F);
  EXPECT_EQ(rounded(1 + 0x1p-8F, Operands::bf16), 1);
  EXPECT_EQ(rounded(-1 - 0x3p-8F, Operands::bf16), -1 - 0x1p-6F);
  EXPECT_EQ(rounded(2 - 0x1p-20F, Operands::bf16), 2);  // carries into the exponent
  EXPECT_EQ(rounded(0.1F, Operands::full), 0.1F);
}

TEST(Rounding, F16IsShortOfRange) {
  EXPECT_EQ(rounded(65519, Operands::f16), 65504);
  EXPECT_EQ(rounded(-65520, Operands::f16), -kInfinity);
  EXPECT_EQ(rounded(0x1p-25F, Operands::f16), 0);  // halfway to the least subnormal number
  EXPECT_EQ(rounded(0x3p-25F, Operands::f16), 0x1p-23F);
  EXPECT_EQ(rounded(1e-3F, Operands::tf32), rounded(1e-3F, Operands::f16));
  EXPECT_EQ(rounded(1e-30F, Operands::tf32), rounded(1e-30F * 0x1p60F, Operands::tf32) * 0x1p-60F);
}

// tensor/ has its own tables of these formats: two ways to the same numbers.
TEST(Rounding, AgreesWithTheStorageTypes) {
  std::vector<float> values;
  for (float x = 1e-9F; x < 1e6F; x *= 1.0371F) values.insert(values.end(), {x, -x});
  const auto count = static_cast<int64_t>(values.size());
  const auto given = tensor::Tensor::of<float>({count}, values);
  for (const auto& [format, type] :
       {std::pair{Operands::f16, tensor::DType::f16}, std::pair{Operands::bf16, tensor::DType::bf16}}) {
    const auto stored = tensor::converted(tensor::converted(given, type), tensor::DType::f32);
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(rounded(values[i], format), stored.data<float>()[i]) << values[i];
  }
}

TEST(Rounding, ProductsRoundBothOperandsWhateverTheirLayout) {
  Workers workers(1);
  const Execution execution{workers, 0, Operands::bf16};
  const float fine = 1 + 0x1p-9F;  // becomes 1
  const std::vector<double> a = {fine, 7, 2, 9,
                                 fine, 7, 3, 9};  // 2 x 2 in rows of 4, columns 0 and 2 of them
  const std::vector<double> b = {fine, fine, 4, 5};
  std::vector<double> c(4, -1);
  gemm<double>(execution, 2, 2, 2, 1.0, {a.data(), 4}, {b.data(), 2}, 0.0, c.data(), 2);
  EXPECT_EQ(c, (std::vector<double>{1 + 7 * 4, 1 + 7 * 5, 1 + 7 * 4, 1 + 7 * 5}));
  gemm<double>(execution, 2, 2, 2, 1.0, {a.data(), 4, true}, {b.data(), 2, true}, 0.0, c.data(), 2);
  EXPECT_EQ(c, (std::vector<double>{1 + 1, 4 + 5, 7 + 7, 7 * 4 + 7 * 5}));
}

}  // namespace
}  // namespace assay::reference
