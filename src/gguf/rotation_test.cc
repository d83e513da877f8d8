#include "gguf/rotation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::gguf {
namespace {

using graph::DType;
using graph::Tensor;

struct Tables {
  Tensor cosines, sines;
};

// Rows from `first` on, each pair turning by its frequency a position.
Tables tables(const std::vector<double>& frequencies, int64_t first, int64_t rows, double scale = 1) {
  const auto pairs = static_cast<int64_t>(frequencies.size());
  Tables result{Tensor(DType::f32, {1, rows, pairs}), Tensor(DType::f32, {1, rows, pairs})};
  for (int64_t i = 0; i < rows * pairs; ++i) {
    const double angle = static_cast<double>(first + i / pairs) * frequencies[static_cast<size_t>(i % pairs)];
    result.cosines.mutable_data<float>()[static_cast<size_t>(i)] =
        static_cast<float>(scale * std::cos(angle));
    result.sines.mutable_data<float>()[static_cast<size_t>(i)] = static_cast<float>(scale * std::sin(angle));
  }
  return result;
}

Result<Rotation> rotation(const Tables& tables, int64_t first) {
  return read_rotation(tables.cosines, tables.sines, first);
}

std::vector<double> of_base(double base, int64_t pairs) {
  std::vector<double> result;
  for (int64_t i = 0; i < pairs; ++i)
    result.push_back(std::pow(base, -static_cast<double>(i) / static_cast<double>(pairs)));
  return result;
}

// Nothing turns at position 0; and every sequence of a batch turns alike.
TEST(Rotation, OfOnePositionIsAnyAndABatchHasOne) {
  const Tensor ones = Tensor::of<float>({1, 1, 2}, {1, 1}), zeros = Tensor::of<float>({1, 1, 2}, {0, 0});
  EXPECT_TRUE(read_rotation(ones, zeros, 0));
  EXPECT_FALSE(read_rotation(zeros, ones, 0)) << "a quarter turn at position 0";
  const auto table = [](float last) { return Tensor::of<float>({2, 1, 2}, {1, 1, 1, last}); };
  const Tensor none = Tensor::of<float>({2, 1, 2}, {0, 0, 0, 0});
  EXPECT_TRUE(read_rotation(table(1), none, 0));
  EXPECT_FALSE(read_rotation(table(0.5F), none, 0));
}

// One row or many, fast or slow: the base that was used is found, and never one that is no number.
TEST(Rotation, FindsSmallBasesToo) {
  for (const double base : {1.0, 2.0, 5.0, 7.5, 10.0, 40.0, 1000.0, 500000.0})
    for (const int64_t first : {0, 128})
      for (const int64_t pairs : {2, 8, 32, 64}) {
        const auto found = rotation(tables(of_base(base, pairs), first, first == 0 ? 128 : 1), first);
        ASSERT_TRUE(found && found->of_one_base()) << base << " " << first << " " << pairs;
        EXPECT_EQ(found->scale, 1);
        // Of one row of two pairs several bases give the same angles.
        if (first == 0 || pairs > 2) {
          EXPECT_NEAR(found->base / base, 1, 1e-6) << first << " " << pairs;
        }
      }
}

// What no base makes: slow pairs slowed down eight times, as Llama 3.1 has them, all but one of them slower
// than the rows can tell from standing still by their first.
TEST(Rotation, FindsTheDivisorOfEachPair) {
  std::vector<double> frequencies = of_base(500000, 32);
  for (size_t i = 16; i < 32; ++i) frequencies[i] /= 8;
  const auto found = rotation(tables(frequencies, 0, 128), 0);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->divisors.size(), 32U);
  for (size_t i = 0; i < 32; ++i) EXPECT_NEAR(127 / found->divisors[i], 127 * frequencies[i], 1e-6) << i;
}

TEST(Rotation, OfOneRowHasItsAngles) {
  const std::vector<double> frequencies = {1, 0.3, 0.05, 0.0001};
  const auto found = rotation(tables(frequencies, 128, 1), 128);
  ASSERT_TRUE(found) << found.error().message;
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_GT(found->divisors.at(i), 0);
    EXPECT_NEAR(std::sin(128 / found->divisors[i]), std::sin(128 * frequencies[i]), 1e-6) << i;
  }
}

TEST(Rotation, FindsTheScaleOfItsCosines) {
  const auto found = rotation(tables(of_base(10000, 8), 0, 16, 1.25), 0);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_NEAR(found->base, 10000, 1e-3);
  EXPECT_NEAR(found->scale, 1.25, 1e-7);
}

TEST(Rotation, RefusesWhatIsNone) {
  Tables wild = tables(of_base(10000, 4), 0, 8);
  wild.cosines.mutable_data<float>()[9] = wild.sines.mutable_data<float>()[9] = std::sqrt(0.5F);
  EXPECT_FALSE(rotation(wild, 0)) << "a pair that does not turn evenly";
  Tables longer = tables(of_base(10000, 4), 0, 8);
  longer.cosines.mutable_data<float>()[0] = 2;
  EXPECT_FALSE(rotation(longer, 0)) << "one entry that is scaled";
  EXPECT_FALSE(rotation(tables({1, -0.5, 0.2}, 0, 8), 0)) << "a pair that turns back";
  EXPECT_FALSE(rotation(tables({1, 0, 0.2}, 0, 8), 0)) << "a pair that stands still";
}

}  // namespace
}  // namespace assay::gguf
