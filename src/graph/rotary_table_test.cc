#include "graph/rotary_table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::graph {
namespace {

// Two sequences of rows from `first` on, whose pairs turn by these frequencies.
RotaryTable table(const std::vector<double>& frequencies, int64_t first, int64_t rows, float other = 1) {
  const auto pairs = static_cast<int64_t>(frequencies.size());
  tensor::Tensor cosines(tensor::DType::f32, {2, rows, pairs}), sines(tensor::DType::f32, {2, rows, pairs});
  for (int64_t i = 0; i < 2 * rows * pairs; ++i) {
    const auto at = static_cast<size_t>(i);
    const double angle = static_cast<double>(first + i / pairs % rows) * frequencies[at % frequencies.size()];
    const float scale = i < rows * pairs ? 1.5F : 1.5F * other;
    cosines.mutable_data<float>()[at] = scale * static_cast<float>(std::cos(angle));
    sines.mutable_data<float>()[at] = scale * static_cast<float>(std::sin(angle));
  }
  return {std::move(cosines), std::move(sines)};
}

TEST(RotaryTable, FindsStepsAndScale) {
  const std::vector<double> frequencies = {1, 0.3, -0.02, 0};
  const RotaryTable found = table(frequencies, 40, 100);
  for (size_t pair = 0; pair < 4; ++pair) {
    EXPECT_NEAR(found.step(pair), frequencies[pair], 1e-8) << pair;
    EXPECT_TRUE(found.turns(pair, frequencies[pair], 40)) << pair;
    EXPECT_FALSE(found.turns(pair, frequencies[pair] + 1e-4, 40)) << pair;
  }
  EXPECT_FALSE(found.turns(0, 1, 41));
  EXPECT_NEAR(found.scale().value_or(0), 1.5, 1e-6);
  EXPECT_TRUE(found.is_shared());
}

TEST(RotaryTable, OfSequencesThatDifferTheFirstIsRead) {
  const RotaryTable found = table({1, 0.5}, 0, 8, 2);
  EXPECT_FALSE(found.is_shared());
  EXPECT_NEAR(found.scale().value_or(0), 1.5, 1e-6);
}

}  // namespace
}  // namespace assay::graph
