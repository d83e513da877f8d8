#include "reference/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "graph/builder.h"
#include "graph/operators.h"
#include "reference/kernel.h"
#include "tensor/generate.h"

namespace assay::reference {
namespace {

using graph::Builder;
using graph::Graph;
using tensor::Tensor;

Tensor noise(const std::string& name, const Shape& shape) {
  return tensor::generate_noise(name, 1, shape, 0, 1);
}

Graph finished(Builder builder) {
  auto graph = std::move(builder).finish();
  EXPECT_TRUE(graph) << graph.error().message;
  return graph.value_or(Graph());
}

// A graph of one node, named "node", whose floating or integer inputs are called "0", "1" ...
Graph single(const std::string& op, const std::vector<Tensor>& inputs, graph::Attributes attributes = {}) {
  Builder builder(op);
  std::vector<graph::ValueId> ids;
  for (size_t i = 0; i < inputs.size(); ++i)
    ids.push_back(builder.input(std::to_string(i), inputs[i].dtype(), inputs[i].shape()));
  builder.output(builder.op("node", op, ids, std::move(attributes)));
  return finished(std::move(builder));
}

TensorMap numbered(const std::vector<Tensor>& inputs) {
  TensorMap bindings;
  for (size_t i = 0; i < inputs.size(); ++i) bindings.emplace(std::to_string(i), inputs[i]);
  return bindings;
}

Result<Tensor> run(const std::string& op, const std::vector<Tensor>& inputs,
                   graph::Attributes attributes = {}, Options options = {}) {
  ASSAY_TRY(const TensorMap outputs,
            evaluate(single(op, inputs, std::move(attributes)), numbered(inputs), options));
  return outputs.at("node");
}

std::vector<double> doubles(const Result<Tensor>& tensor) {
  EXPECT_TRUE(tensor) << tensor.error().message;
  if (!tensor) return {};
  const Tensor wide = tensor::converted(*tensor, DType::f64);
  return {wide.data<double>().begin(), wide.data<double>().end()};
}

TEST(Evaluate, LinearMultipliesByTheTransposedWeightAndAddsTheBias) {
  const Tensor x = Tensor::of<float>({1, 2, 3}, {1, 2, 3, -1, 0, 1});
  const Tensor w = Tensor::of<float>({2, 3}, {1, 0, 2, -1, 1, 0.5F});
  const Tensor b = Tensor::of<float>({2}, {10, 20});
  const std::vector<double> expected = {17, 22.5, 11, 21.5};
  EXPECT_EQ(doubles(run("Linear", {x, w, b})), expected);
  EXPECT_EQ(doubles(run("Linear", {x, w, b}, {}, {.scalar = Scalar::f32})), expected);
  EXPECT_EQ(doubles(run("Linear", {x, w})), (std::vector<double>{7, 2.5, 1, 1.5}));
}

TEST(Evaluate, OutputsHaveTheScalarsTypeAndIntegersTheirOwn) {
  const Tensor x = Tensor::of<float>({2}, {1.5F, -2});
  EXPECT_EQ(run("Exp", {x})->dtype(), DType::f64);
  EXPECT_EQ(run("Exp", {x}, {}, {.scalar = Scalar::f32})->dtype(), DType::f32);
  const Tensor small = Tensor::of<int32_t>({2}, {3, -4});
  const auto sum = run("Add", {small, small});
  ASSERT_TRUE(sum) << sum.error().message;
  EXPECT_EQ(sum->dtype(), DType::i32);
  EXPECT_EQ(sum->data<int32_t>()[1], -8);
}

// 0.1F as a double is not 0.1: float32 data is widened, never rounded again.
TEST(Evaluate, Float32DataIsWidenedExactly) {
  EXPECT_EQ(doubles(run("Neg", {Tensor::of<float>({1}, {0.1F})})),
            std::vector<double>{-static_cast<double>(0.1F)});
  EXPECT_EQ(doubles(run("Neg", {Tensor::of<double>({1}, {0.1})})), std::vector<double>{-0.1});
}

TEST(Evaluate, ACastToHalfRoundsAndOneToSingleDoesNot) {
  const Tensor x = Tensor::of<double>({1}, {1.0 + 1.0 / 4096});
  EXPECT_EQ(doubles(run("Cast", {x}, {{"to", int64_t{10}}})), std::vector<double>{1.0});
  EXPECT_EQ(doubles(run("Cast", {x}, {{"to", int64_t{1}}})), std::vector<double>{1.0 + 1.0 / 4096});
}

TEST(Evaluate, EveryOperatorOfTheGraphHasAKernel) {
  for (const graph::Operator& op : graph::operators()) {
    EXPECT_TRUE(kernels<double>().contains(op.name)) << op.name;
    EXPECT_TRUE(kernels<float>().contains(op.name)) << op.name;
  }
  EXPECT_EQ(kernels<double>().size(), graph::operators().size());
}

TEST(Evaluate, AMissingBindingIsNamed) {
  const Tensor x = noise("x", {2, 3});
  const auto result = evaluate(single("Add", {x, x}), {{"0", x}}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "input 1 is not given");
}

TEST(Evaluate, ABindingOfAnotherShapeOrTypeIsNamed) {
  const Tensor x = noise("x", {2, 3});
  const Graph graph = single("Add", {x, x});
  const auto shape = evaluate(graph, {{"0", x}, {"1", noise("y", {3, 2})}}, {});
  ASSERT_FALSE(shape);
  EXPECT_EQ(shape.error().message, "input 1 has shape [3, 2], the graph expects [2, 3]");
  const auto type = evaluate(graph, {{"0", x}, {"1", Tensor(DType::i64, {2, 3})}}, {});
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error().message, "input 1 holds I64, the graph expects F32");
}

TEST(Evaluate, WhatDataGetsWrongNamesNodeAndOperator) {
  const auto gathered = run("Gather", {noise("table", {4, 2}), Tensor::of<int64_t>({2}, {1, 4})});
  ASSERT_FALSE(gathered);
  EXPECT_EQ(gathered.error().message, "node node (Gather): index 4 lies outside an axis of 4");
  const auto loss =
      run("SoftmaxCrossEntropyLoss", {noise("scores", {2, 3}), Tensor::of<int64_t>({2}, {0, 3})});
  ASSERT_FALSE(loss);
  EXPECT_EQ(
      loss.error().message,
      "node node (SoftmaxCrossEntropyLoss): label 3 at position 1 is not below the number of classes, 3");
  const auto quotient = run("Div", {Tensor::of<int64_t>({1}, {1}), Tensor::of<int64_t>({1}, {0})});
  ASSERT_FALSE(quotient);
  EXPECT_EQ(quotient.error().message, "node node (Div): integer division by zero");
}

// The operand is read again after the node that could overwrite it, through a view, and by the caller.
TEST(Evaluate, ResultsInPlaceNeverDestroyWhatIsStillRead) {
  const Tensor x = Tensor::of<double>({2}, {1, 2});
  Builder builder("places");
  const auto input = builder.input("x", DType::f64, {2});
  const auto twice = builder.op("twice", "Add", {input, input});
  const auto view = builder.op("view", "Identity", {twice});
  const auto negative = builder.op("negative", "Neg", {view});
  const auto square = builder.op("square", "Mul", {negative, negative});
  builder.output(builder.op("sum", "Add", {square, twice}));
  builder.output(negative);
  const auto outputs = evaluate(finished(std::move(builder)), {{"x", x}}, {});
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_EQ(doubles(outputs->at("sum")), (std::vector<double>{6, 20}));
  EXPECT_EQ(doubles(outputs->at("negative")), (std::vector<double>{-2, -4}));
  EXPECT_EQ(doubles(x), (std::vector<double>{1, 2}));
}

TEST(Evaluate, AnInputMayBeAnOutput) {
  const Tensor x = Tensor::of<float>({2}, {1, 2});
  Builder builder("through");
  const auto input = builder.input("x", DType::f32, {2});
  builder.output(input);
  const auto outputs = evaluate(finished(std::move(builder)), {{"x", x}}, {});
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_EQ(outputs->at("x").dtype(), DType::f64);
  EXPECT_EQ(doubles(outputs->at("x")), (std::vector<double>{1, 2}));
}

TEST(Evaluate, UpdatesOfARepeatedIndexAddUp) {
  const auto sum = run("ScatterND",
                       {Tensor(DType::f32, {3, 2}), Tensor::of<int64_t>({3, 1}, {2, 0, -1}),
                        Tensor::of<float>({3, 2}, {1, 2, 3, 4, 5, 6})},
                       {{"reduction", std::string("add")}});
  EXPECT_EQ(doubles(sum), (std::vector<double>{3, 4, 0, 0, 6, 8}));
}

// Operators with long sums, at sizes of real models.
struct Summing {
  std::string op;
  std::vector<Tensor> inputs;
  graph::Attributes attributes;
};

std::vector<Summing> summing_operators() {
  const graph::Attributes heads = {
      {"q_num_heads", int64_t{4}}, {"kv_num_heads", int64_t{2}}, {"is_causal", int64_t{1}}};
  return {
      {"Linear", {noise("x", {32, 576}), noise("w", {96, 576})}, {}},
      {"MatMul", {noise("a", {3, 32, 64}), noise("b", {3, 64, 48})}, {}},
      {"RMSNormalization", {noise("x", {32, 576}), noise("scale", {576})}, {}},
      {"LayerNormalization", {noise("x", {32, 576}), noise("scale", {576})}, {}},
      {"Softmax", {noise("x", {8, 4096})}, {}},
      {"ReduceMean", {tensor::generate_noise("x", 1, {64, 2048}, 1, 1)}, {}},
      {"Attention", {noise("q", {1, 64, 256}), noise("k", {1, 64, 128}), noise("v", {1, 64, 128})}, heads},
      {"Conv", {noise("x", {1, 16, 12, 12}), noise("w", {8, 16, 3, 3})}, {}},
      {"SoftmaxCrossEntropyLoss",
       {noise("x", {64, 2048}), tensor::generate_indices("labels", 1, {64}, 2048)},
       {}}};
}

double relative_distance(const std::vector<double>& x, const std::vector<double>& y) {
  double error = 0;
  double norm = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    error += (x[i] - y[i]) * (x[i] - y[i]);
    norm += y[i] * y[i];
  }
  return std::sqrt(error / norm);
}

TEST(Evaluate, ThreeBlockingsRoundDifferentlyInFloat32AndStayClose) {
  for (const auto& [op, inputs, attributes] : summing_operators()) {
    const auto truth = doubles(run(op, inputs, attributes));
    std::vector<std::vector<double>> results;
    for (const int blocking : {0, 1, 2}) {
      results.push_back(doubles(run(op, inputs, attributes, {.scalar = Scalar::f32, .blocking = blocking})));
      EXPECT_LT(relative_distance(results.back(), truth), 2e-6) << op << " with blocking " << blocking;
      EXPECT_LT(relative_distance(doubles(run(op, inputs, attributes, {.blocking = blocking})), truth), 1e-14)
          << op;
    }
    if (truth.size() == 1) continue;  // one number may come out the same
    // Two of them may: kernels with short vectors add in blocks of their own.
    EXPECT_GE((std::set{results.begin(), results.end()}.size()), 2U) << op;
  }
}

TEST(Evaluate, TheNumberOfThreadsDoesNotMatter) {
  for (const auto& [op, inputs, attributes] : summing_operators()) {
    const auto one = doubles(run(op, inputs, attributes, {.threads = 1}));
    const auto four = doubles(run(op, inputs, attributes, {.threads = 4}));
    EXPECT_LT(relative_distance(four, one), 1e-15) << op;
  }
}

}  // namespace
}  // namespace assay::reference
