#include "models/stack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace assay::models {
namespace {

using tensor::Shape;
using tensor::Tensor;
using tensor::TensorMap;

TensorMap a_set(float x, int64_t id) {
  return {{"x", Tensor::of<float>({1, 2}, {x, x + 1})}, {"id", Tensor::of<int64_t>({}, {id})}};
}

TEST(Stack, SetsComeBackAsTheyWere) {
  const std::vector<TensorMap> sets = {a_set(1, 10), a_set(5, 20), a_set(9, 30)};
  const TensorMap all = stacked(sets);
  EXPECT_EQ(all.at("x").shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(all.at("id").shape(), Shape{3});
  EXPECT_EQ(set_count(all), 3);
  for (int i = 0; i < 3; ++i) {
    const TensorMap set = set_of(all, i);
    ASSERT_EQ(set.size(), 2U);
    for (const auto& [name, tensor] : set) {
      const Tensor& wanted = sets[static_cast<size_t>(i)].at(name);
      EXPECT_EQ(tensor.shape(), wanted.shape());
      EXPECT_TRUE(std::ranges::equal(tensor.bytes(), wanted.bytes()));
    }
  }
}

TEST(Stack, ASetOutlivesTheStackItIsOf) {
  TensorMap set;
  {
    const std::vector<TensorMap> sets = {a_set(1, 10), a_set(5, 20)};
    set = set_of(stacked(sets), 1);
  }
  EXPECT_EQ(set.at("x").data<float>()[1], 6);
}

TEST(StackDeathTest, SetsOfAnotherFormAreRefused) {
  std::vector<TensorMap> sets = {a_set(1, 10), a_set(5, 20)};
  sets[1].at("x") = Tensor::of<float>({2}, {1, 2});
  EXPECT_DEATH((void)stacked(sets), "of another form");
  EXPECT_DEATH((void)set_of(stacked(std::span(sets).first(1)), 1), "no set 1");
}

}  // namespace
}  // namespace assay::models
