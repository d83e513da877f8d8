#include "imports/inputs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "graph/builder.h"
#include "models/fresh.h"
#include "models/stack.h"
#include "tensor/safetensors.h"

namespace assay::imports {
namespace {

namespace fs = std::filesystem;
using graph::Builder;
using graph::Graph;
using tensor::DType;
using tensor::Tensor;

Graph encoder() {
  Builder builder("encoder");
  const auto ids = builder.input("input_ids", DType::i32, {1, 4});
  const auto mask = builder.input("attention_mask", DType::i64, {1, 4});
  builder.input("lengths", DType::i64, {1});
  const auto wide = builder.op("wide", "Cast", {ids}, {{"to", int64_t{7}}});
  const auto rows = builder.op("rows", "Gather", {builder.parameter("table", {30, 2}, {}), wide});
  const auto kept = builder.op("kept", "Cast", {mask}, {{"to", int64_t{1}}});
  const auto axes = builder.constant("axes", Tensor::of<int64_t>({1}, {2}));
  builder.output(builder.op("masked", "Mul", {rows, builder.op("column", "Unsqueeze", {kept, axes})}));
  return std::move(builder).finish().value();
}

models::Workload workload_of(const Graph& graph, const Policy& policy) {
  models::Workload workload{.model = "m", .size = "full", .name = "inference", .step = {.graph = graph}};
  workload.draws = policy.draws;
  return workload;
}

TEST(Inputs, AreDrawnByWhatReadsThem) {
  const Graph graph = encoder();
  const Policy policy = policy_of(graph);
  const auto sets = models::fresh_inputs(workload_of(graph, policy), 0, 0, 50);
  for (const int32_t id : sets.at("input_ids").data<int32_t>()) EXPECT_TRUE(id >= 0 && id < 30);
  for (const int64_t kept : sets.at("attention_mask").data<int64_t>()) EXPECT_EQ(kept, 1);
  for (const int64_t length : sets.at("lengths").data<int64_t>()) EXPECT_EQ(length, 4);
  EXPECT_EQ(policy.words, (std::vector<std::string>{"input_ids: ids below 30", "attention_mask: ones",
                                                    "lengths: 4 everywhere, as a length"}));
}

TEST(Inputs, OfFewBitsAreAnythingThatTheyCanHold) {
  Builder builder("m");
  builder.output(builder.op("y", "Neg", {builder.input("x", DType::i32, {4096})}));
  const Graph graph = std::move(builder).finish().value();
  const Policy policy = policy_of(graph, {{"x", {-128, 127}}});
  const auto sets = models::fresh_inputs(workload_of(graph, policy), 0, 0, 4);
  const auto values = sets.at("x").data<int32_t>();
  EXPECT_EQ(*std::ranges::min_element(values), -128);
  EXPECT_EQ(*std::ranges::max_element(values), 127);
  EXPECT_EQ(policy.words, std::vector<std::string>{"x: from -128 to 127"});
}

TEST(Inputs, OfAFileComeFirstAndAreMovedOnAfterwards) {
  Builder builder("m");
  builder.output(builder.op("y", "Relu", {builder.input("x", DType::f32, {2, 3})}));
  const Graph graph = std::move(builder).finish().value();
  const fs::path path = fs::path(testing::TempDir()) / fmt::format("given-{}.safetensors", ::getpid());
  const Tensor x = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  ASSERT_TRUE(tensor::write_safetensors(path, tensor::TensorMap{{"x", x}}));
  const auto policy = policy_from(graph, path);
  ASSERT_TRUE(policy);
  const auto workload = workload_of(graph, *policy);
  const auto sets = models::fresh_inputs(workload, 0, 0, 6);
  EXPECT_TRUE(std::ranges::equal(models::set_of(sets, 0).at("x").bytes(), x.bytes()));
  std::set<float> firsts;
  for (int i = 0; i < 6; ++i) firsts.insert(models::set_of(sets, i).at("x").data<float>()[0]);
  EXPECT_EQ(firsts.size(), 6U);
  EXPECT_EQ(models::possible_sets(workload), 6);
}

TEST(Inputs, OfAFileMustFit) {
  const fs::path path = fs::path(testing::TempDir()) / fmt::format("given-{}.safetensors", ::getpid());
  ASSERT_TRUE(
      tensor::write_safetensors(path, tensor::TensorMap{{"input_ids", Tensor::of<int64_t>({1}, {0})}}));
  const auto policy = policy_from(encoder(), path);
  ASSERT_FALSE(policy);
  EXPECT_NE(policy.error().message.find("input_ids is I64 [1], the model takes I32 [1, 4]"),
            std::string::npos)
      << policy.error().message;
}

}  // namespace
}  // namespace assay::imports
