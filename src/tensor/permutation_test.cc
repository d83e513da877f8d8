#include "tensor/permutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace assay::tensor {
namespace {

TEST(Permutation, EachLapHasEveryNumberOnce) {
  for (const int64_t limit : {1, 2, 3, 10, 255, 256, 257, 49152})
    for (uint64_t lap = 0; lap < 2; ++lap) {
      std::set<int64_t> seen;
      const auto size = static_cast<uint64_t>(limit);
      for (uint64_t place = 0; place < size; ++place)
        seen.insert(permuted("ids", 7, lap * size + place, limit));
      EXPECT_EQ(seen.size(), size);
      EXPECT_EQ(*seen.begin(), 0);
      EXPECT_EQ(*seen.rbegin(), limit - 1);
    }
}

TEST(Permutation, AnotherLapSeedOrNameIsAnotherOrder) {
  const auto order = [](const char* name, uint64_t seed, uint64_t first) {
    std::vector<int64_t> result;
    for (uint64_t place = first; place < first + 256; ++place)
      result.push_back(permuted(name, seed, place, 256));
    return result;
  };
  const auto one = order("ids", 7, 0);
  EXPECT_NE(one, order("ids", 7, 256));
  EXPECT_NE(one, order("ids", 8, 0));
  EXPECT_NE(one, order("labels", 7, 0));
  EXPECT_EQ(one, order("ids", 7, 0));
}

// Who has seen some numbers must not be able to say the next: neither the steps between neighbours repeat,
// nor does a number say where it stands.
TEST(Permutation, NeighboursSayNothingOfEachOther) {
  constexpr int64_t kLimit = 49152;
  constexpr uint64_t kCount = 10000;
  std::set<int64_t> steps;
  double product = 0, squares = 0;
  for (uint64_t place = 0; place < kCount; ++place) {
    const int64_t here = permuted("ids", 1, place, kLimit), next = permuted("ids", 1, place + 1, kLimit);
    steps.insert((next - here + kLimit) % kLimit);
    const double centre = (kLimit - 1) / 2.0, x = static_cast<double>(here) - centre;
    product += x * (static_cast<double>(next) - centre);
    squares += x * x;
  }
  EXPECT_GT(steps.size(), 8800U);  // of 10,000 random ones about 9,060 differ
  EXPECT_LT(std::abs(product / squares), 5 / std::sqrt(kCount));
}

}  // namespace
}  // namespace assay::tensor
