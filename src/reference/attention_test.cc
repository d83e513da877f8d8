// Attention against a direct evaluation of its definition, one score at a time.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "graph/builder.h"
#include "reference/evaluate.h"
#include "tensor/generate.h"

namespace assay::reference {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

struct Setting {
  int64_t batch = 2;
  int64_t q_heads = 4;
  int64_t kv_heads = 2;
  int64_t queries = 3;
  int64_t keys = 5;  // new ones, without the past
  int64_t past = 0;
  int64_t size = 4;
  int64_t v_size = 6;
  bool causal = false;
  double softcap = 0;
  Tensor mask = Tensor(DType::f32, {0});  // empty: none
  std::vector<int64_t> valid = {};        // empty: all
  [[nodiscard]] int64_t total() const { return past + keys; }
};

struct Tensors {
  Tensor q, k, v, past_k, past_v;
};

Tensors operands(const Setting& s) {
  const auto noise = [](const char* name, const Shape& shape) {
    return tensor::generate_noise(name, 3, shape, 0, 1);
  };
  return {
      noise("q", {s.batch, s.q_heads, s.queries, s.size}), noise("k", {s.batch, s.kv_heads, s.keys, s.size}),
      noise("v", {s.batch, s.kv_heads, s.keys, s.v_size}), noise("pk", {s.batch, s.kv_heads, s.past, s.size}),
      noise("pv", {s.batch, s.kv_heads, s.past, s.v_size})};
}

// Row j of all keys (or values) of a head: past ones first.
const float* row(const Setting& s, const Tensor& past, const Tensor& now, int64_t width, int64_t b,
                 int64_t head, int64_t j) {
  if (j < s.past) return past.data<float>().data() + ((b * s.kv_heads + head) * s.past + j) * width;
  return now.data<float>().data() + ((b * s.kv_heads + head) * s.keys + j - s.past) * width;
}

// The mask's element for (b, h, i, j): shapes are aligned at the end, dimensions of 1 repeat, missing keys
// are not attended.
double mask_bias(const Tensor& mask, const std::array<int64_t, 4>& index) {
  const Shape& shape = mask.shape();
  if (mask.size() == 0) return 0;
  int64_t at = 0;
  for (size_t d = 0; d < shape.size(); ++d) {
    const int64_t wanted = index[4 - shape.size() + d];
    const bool key = d + 1 == shape.size();
    if (key && wanted >= shape[d]) return -std::numeric_limits<double>::infinity();
    at = at * shape[d] + (shape[d] == 1 ? 0 : wanted);
  }
  if (mask.dtype() == DType::f32) return mask.data<float>()[static_cast<size_t>(at)];
  return mask.data<bool>()[static_cast<size_t>(at)] ? 0 : -std::numeric_limits<double>::infinity();
}

double score(const Setting& s, const Tensors& o, int64_t b, int64_t h, int64_t i, int64_t j) {
  const float* q = o.q.data<float>().data() + ((b * s.q_heads + h) * s.queries + i) * s.size;
  const float* k = row(s, o.past_k, o.k, s.size, b, h / (s.q_heads / s.kv_heads), j);
  double sum = 0;
  for (int64_t d = 0; d < s.size; ++d) sum += static_cast<double>(q[d]) * k[d];
  sum /= std::sqrt(static_cast<double>(s.size));
  if (s.softcap > 0) sum = s.softcap * std::tanh(sum / s.softcap);
  const int64_t valid = s.valid.empty() ? s.total() : s.valid[static_cast<size_t>(b)];
  const int64_t offset = s.valid.empty() ? s.past : valid - s.queries;
  if (j >= valid || (s.causal && j > i + offset)) return -std::numeric_limits<double>::infinity();
  return sum + mask_bias(s.mask, {b, h, i, j});
}

std::vector<double> direct(const Setting& s, const Tensors& o) {
  std::vector<double> y;
  for (int64_t b = 0; b < s.batch; ++b)
    for (int64_t h = 0; h < s.q_heads; ++h)
      for (int64_t i = 0; i < s.queries; ++i) {
        std::vector<double> weights;
        double sum = 0;
        for (int64_t j = 0; j < s.total(); ++j)
          sum += weights.emplace_back(std::exp(score(s, o, b, h, i, j)));
        for (int64_t d = 0; d < s.v_size; ++d) {
          double value = 0;
          for (int64_t j = 0; j < s.total() && sum > 0; ++j)
            value += weights[static_cast<size_t>(j)] / sum *
                     row(s, o.past_v, o.v, s.v_size, b, h / (s.q_heads / s.kv_heads), j)[d];
          y.push_back(value);
        }
      }
  return y;
}

struct Built {
  graph::Graph graph;
  TensorMap bindings;
};

Built built(const Setting& s, const Tensors& o) {
  graph::Builder builder("attention");
  TensorMap bindings;
  const auto input = [&](const char* name, const Tensor& tensor) {
    bindings.emplace(name, tensor);
    return builder.input(name, tensor.dtype(), tensor.shape());
  };
  std::vector<graph::ValueId> inputs = {input("q", o.q), input("k", o.k), input("v", o.v)};
  inputs.push_back(s.mask.size() == 0 ? graph::kAbsent : input("mask", s.mask));
  inputs.push_back(s.past == 0 ? graph::kAbsent : input("past_k", o.past_k));
  inputs.push_back(s.past == 0 ? graph::kAbsent : input("past_v", o.past_v));
  inputs.push_back(s.valid.empty() ? graph::kAbsent
                                   : input("valid", Tensor::of<int64_t>({s.batch}, s.valid)));
  const auto outputs = builder.ops("attention", "Attention", inputs,
                                   {{"is_causal", int64_t{s.causal}}, {"softcap", s.softcap}},
                                   {"y", "present_k", "present_v"});
  for (const auto output : outputs) builder.output(output);
  auto graph = std::move(builder).finish();
  EXPECT_TRUE(graph) << graph.error().message;
  return {graph.value_or(graph::Graph()), bindings};
}

void expect_direct(const Setting& s) {
  const Tensors o = operands(s);
  const Built b = built(s, o);
  const auto results = evaluate(b.graph, b.bindings, {});
  ASSERT_TRUE(results) << results.error().message;
  const auto y = results->at("y").data<double>();
  const auto expected = direct(s, o);
  ASSERT_EQ(y.size(), expected.size());
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-12) << i;
}

TEST(Attention, GroupedHeads) {
  expect_direct({});
  expect_direct({.q_heads = 6, .kv_heads = 1});
  expect_direct({.q_heads = 3, .kv_heads = 3});
}

TEST(Attention, CausalCountsFromTheEndOfThePast) {
  expect_direct({.queries = 5, .keys = 5, .causal = true});
  expect_direct({.queries = 2, .keys = 2, .past = 4, .causal = true});
  expect_direct({.queries = 1, .keys = 1, .past = 7, .causal = true});
}

TEST(Attention, MasksOfEveryRankAreAddedOrSelect) {
  for (const Shape& shape : {Shape{5}, Shape{3, 5}, Shape{1, 5}, Shape{4, 3, 5}, Shape{2, 1, 3, 5},
                             Shape{2, 4, 3, 5}, Shape{2, 4, 3, 2}})
    expect_direct({.mask = tensor::generate_noise("mask", 5, shape, 0, 1)});
  expect_direct({.mask = Tensor::of<bool>({3, 5}, {1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1})});
}

TEST(Attention, AMaskAndCausalityBothHold) {
  expect_direct(
      {.queries = 3, .keys = 3, .causal = true, .mask = tensor::generate_noise("mask", 5, {3, 3}, 0, 1)});
}

TEST(Attention, ARowThatMayAttendNothingIsZero) {
  const Setting s{.mask = Tensor::of<bool>({3, 5}, {1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1})};
  expect_direct(s);
  const Tensors o = operands(s);
  const Built b = built(s, o);
  const auto results = evaluate(b.graph, b.bindings, {});
  ASSERT_TRUE(results) << results.error().message;
  for (int64_t d = 0; d < s.v_size; ++d)
    EXPECT_EQ(results->at("y").data<double>()[static_cast<size_t>(s.v_size + d)], 0);
}

TEST(Attention, PaddedKeysAreNotAttended) {
  expect_direct({.valid = {2, 5}});
  expect_direct({.queries = 3,
                 .keys = 5,
                 .causal = true,
                 .valid = {2, 5}});  // two valid keys: the first query sees none
}

TEST(Attention, ScoresAreCappedBeforeTheMask) {
  expect_direct({.softcap = 0.5, .mask = Tensor::of<bool>({1, 5}, {1, 0, 1, 1, 0})});
}

// 90 queries of 60,000 keys are more scores than are held at once.
TEST(Attention, ManyKeysAreAttendedInParts) {
  const Setting many{
      .batch = 1, .q_heads = 1, .kv_heads = 1, .queries = 90, .keys = 60'000, .size = 2, .v_size = 1};
  expect_direct(many);
  Setting causal = many;
  causal.causal = true;
  causal.valid = {50'000};
  expect_direct(causal);
  Setting first = causal;  // the first queries see nothing
  first.valid = {75};
  expect_direct(first);
}

TEST(Attention, PresentIsPastThenNew) {
  const Setting s{.queries = 2, .keys = 2, .past = 3};
  const Tensors o = operands(s);
  const Built b = built(s, o);
  const auto results = evaluate(b.graph, b.bindings, {});
  ASSERT_TRUE(results) << results.error().message;
  const Tensor& present = results->at("present_v");
  ASSERT_EQ(present.shape(), (Shape{2, 2, 5, 6}));
  for (int64_t j = 0; j < 5; ++j)
    EXPECT_EQ(present.data<double>()[static_cast<size_t>(((1 * 2 + 1) * 5 + j) * 6 + 2)],
              row(s, o.past_v, o.v, 6, 1, 1, j)[2])
        << j;
}

}  // namespace
}  // namespace assay::reference
