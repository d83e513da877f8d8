#include "tensor/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace assay::tensor {
namespace {

std::string hash(const Tensor& tensor) { return Hasher().add(tensor.bytes()).hex(); }

// The bits every machine must give. A change here changes all generated weights, hence every truth and every
// stored result.
TEST(Generate, BitsAreTheSameEverywhere) {
  EXPECT_EQ(hash(generate_noise("model.norm.weight", 0, {1000, 1000}, 0, 0.02)),
            "b044344084ab7220dcf655fcd2a2d82e");
  EXPECT_EQ(hash(generate_noise("model.norm.weight", 1, {577}, 1, 0.1)), "1ecd1a4f87a278af013596cc31b81225");
  EXPECT_EQ(hash(generate_indices("input_ids", 1, {1, 128}, 49152)), "15b597dad27e2bbd9b6944f3efe55947");
}

TEST(Generate, NoiseHasItsMeanAndDeviation) {
  const Tensor tensor = generate_noise("noise", 7, {1 << 20}, 0.5, 2);
  double sum = 0, squares = 0, largest = 0;
  for (const float value : tensor.data<float>()) {
    sum += value;
    squares += value * static_cast<double>(value);
    largest = std::max(largest, std::abs(value - 0.5));
  }
  const double n = static_cast<double>(tensor.size());
  const double mean = sum / n;
  EXPECT_NEAR(mean, 0.5, 5 * 2 / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(squares / n - mean * mean), 2, 0.01);
  EXPECT_LT(largest, 3.5 * 2);
  EXPECT_GT(largest, 3.0 * 2);
}

TEST(Generate, NeighboursAndStreamsAreUncorrelated) {
  const Tensor a = generate_noise("a", 0, {1 << 18}, 0, 1), b = generate_noise("b", 0, {1 << 18}, 0, 1),
               other = generate_noise("a", 1, {1 << 18}, 0, 1);
  const auto x = a.data<float>();
  double neighbour = 0, name = 0, seed = 0;
  for (size_t i = 0; i + 1 < x.size(); ++i) {
    neighbour += x[i] * x[i + 1];
    name += x[i] * b.data<float>()[i];
    seed += x[i] * other.data<float>()[i];
  }
  const double bound = 5 * std::sqrt(static_cast<double>(x.size()));
  EXPECT_LT(std::abs(neighbour), bound);
  EXPECT_LT(std::abs(name), bound);
  EXPECT_LT(std::abs(seed), bound);
}

// An element depends on its index alone, not on the size or on how threads shared the work.
TEST(Generate, ElementsDependOnTheirIndexAlone) {
  const Tensor large = generate_noise("w", 3, {1 << 20}, 0, 1), small = generate_noise("w", 3, {100}, 0, 1);
  EXPECT_TRUE(std::ranges::equal(large.data<float>().first(100), small.data<float>()));
}

TEST(Generate, WithoutDeviationItIsTheMean) {
  const Tensor tensor = generate_noise("c", 0, {4}, 0.25, 0);
  for (const float value : tensor.data<float>()) EXPECT_EQ(value, 0.25F);
}

TEST(Generate, IndicesAreUniformBelowTheLimit) {
  const Tensor tensor = generate_indices("ids", 0, {100000}, 10);
  std::array<int, 10> count{};
  for (const int64_t value : tensor.data<int64_t>()) ++count.at(static_cast<size_t>(value));
  for (const int n : count) EXPECT_NEAR(n, 10000, 500);
}

}  // namespace
}  // namespace assay::tensor
