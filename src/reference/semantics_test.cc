// What the standard's node tests leave open: not-a-number, the ends of integers, sequences of different
// lengths.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "graph/builder.h"
#include "reference/evaluate.h"

namespace assay::reference {
namespace {

using graph::Builder;
using tensor::DType;
using tensor::Tensor;
using tensor::TensorMap;

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
const float kNotANumber = std::numeric_limits<float>::quiet_NaN();

// The outputs of one node; those after the first `varying` inputs are constants.
TensorMap outputs_of(const std::string& op, const std::vector<Tensor>& inputs, size_t varying,
                     const graph::Attributes& attributes, size_t outputs) {
  Builder b(op);
  TensorMap bindings;
  std::vector<graph::ValueId> ids;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    if (i < varying) bindings[name] = inputs[i];
    ids.push_back(i < varying ? b.input(name, inputs[i].dtype(), inputs[i].shape())
                              : b.constant(name, inputs[i]));
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < outputs; ++i) names.push_back("y" + std::to_string(i));
  for (const auto id : b.ops("node", op, ids, attributes, names)) b.output(id);
  const auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().message;
  auto result = evaluate(*graph, bindings, {});
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? *std::move(result) : TensorMap();
}

std::vector<int64_t> integers(const std::string& op, const std::vector<Tensor>& inputs,
                              const graph::Attributes& attributes = {}, size_t varying = 9) {
  const Tensor y = outputs_of(op, inputs, varying, attributes, 1).at("y0");
  return {y.data<int64_t>().begin(), y.data<int64_t>().end()};
}

std::vector<double> numbers(const std::string& op, const std::vector<Tensor>& inputs,
                            const graph::Attributes& attributes = {}) {
  const Tensor y = outputs_of(op, inputs, 9, attributes, 1).at("y0");
  return {y.data<double>().begin(), y.data<double>().end()};
}

Tensor whole(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
}
Tensor real(const std::vector<float>& values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

using Integers = std::vector<int64_t>;

TEST(Semantics, IntegersAreDividedTowardsZeroAndTheLeastOneDoesNotTrap) {
  EXPECT_EQ(integers("Div", {whole({7, -7, 7, kLeast}), whole({2, 2, -2, -1})}),
            (Integers{3, -3, -3, kLeast}));
}

TEST(Semantics, TheRemainderHasTheSignOfTheDivisorOrOfTheDividend) {
  const std::vector<Tensor> operands{whole({7, -7, 7, -7, kLeast}), whole({3, 3, -3, -3, -1})};
  EXPECT_EQ(integers("Mod", operands), (Integers{1, 2, -2, -1, 0}));
  EXPECT_EQ(integers("Mod", operands, {{"fmod", int64_t{1}}}), (Integers{1, -1, 1, -1, 0}));
}

TEST(Semantics, PowersOfIntegersAreExact) {
  EXPECT_EQ(integers("Pow", {whole({3, 2, -1, 2, 0}), whole({39, 62, -3, -1, 0})}),
            (Integers{4052555153018976267, int64_t{1} << 62, -1, 0, 1}));
}

TEST(Semantics, IntegersWrap) {
  EXPECT_EQ(integers("Sub", {whole({kLeast}), whole({1})}), (Integers{std::numeric_limits<int64_t>::max()}));
  EXPECT_EQ(integers("Neg", {whole({kLeast, 3})}), (Integers{kLeast, -3}));
}

TEST(Semantics, NotANumberPassesThroughLimitsAndActivations) {
  const Tensor x = real({kNotANumber});
  EXPECT_TRUE(std::isnan(numbers("Clip", {x, Tensor::of<float>({}, {0}), Tensor::of<float>({}, {1})})[0]));
  for (const char* op : {"HardSigmoid", "HardSwish", "Softplus", "ThresholdedRelu", "Shrink", "Relu", "Elu"})
    EXPECT_TRUE(std::isnan(numbers(op, {x})[0])) << op;
  EXPECT_TRUE(std::isnan(numbers("Max", {real({kNotANumber, 1}), real({1, kNotANumber})})[1]));
}

TEST(Semantics, AnUpperLimitBelowTheLowerOneWins) {
  EXPECT_EQ(numbers("Clip", {real({5}), Tensor::of<float>({}, {2}), Tensor::of<float>({}, {1})})[0], 1);
}

TEST(Semantics, SoftplusAndLogSumExpDoNotOverflow) {
  EXPECT_EQ(numbers("Softplus", {real({1000, -1000})}), (std::vector<double>{1000, 0}));
  EXPECT_NEAR(numbers("ReduceLogSumExp", {real({1000, 1000})})[0], 1000 + std::log(2), 1e-9);
}

TEST(Semantics, NotANumberIsTheLargestAndTheLeast) {
  const Tensor x = real({1, kNotANumber, 2});
  EXPECT_EQ(integers("ArgMax", {x}), (Integers{1}));
  EXPECT_EQ(integers("ArgMin", {x}), (Integers{1}));
  EXPECT_EQ(integers("ArgMax", {real({2, 5, 5})}, {{"select_last_index", int64_t{1}}}), (Integers{2}));
}

TEST(Semantics, OfEqualElementsTheFirstComesFirst) {
  const auto found = outputs_of("TopK", {real({1, 3, 3, 2}), whole({3})}, 1, {}, 2);
  const auto indices = found.at("y1").data<int64_t>();
  EXPECT_EQ(Integers(indices.begin(), indices.end()), (Integers{1, 2, 3}));
}

TEST(Semantics, PaddingThatIsNegativeCropsBeforeTheRestIsContinued) {
  const auto padded =
      outputs_of("Pad", {real({1, 2, 3, 4}), whole({3, -1})}, 1, {{"mode", std::string("wrap")}}, 1);
  const auto y = padded.at("y0").data<double>();
  EXPECT_EQ(std::vector<double>(y.begin(), y.end()), (std::vector<double>{1, 2, 3, 1, 2, 3}));
}

TEST(Semantics, TheSumOfOneIsItself) {
  EXPECT_EQ(numbers("Sum", {real({1, 2})}), (std::vector<double>{1, 2}));
  EXPECT_EQ(numbers("Mean", {real({1, 2}), real({3, 6})}), (std::vector<double>{2, 4}));
}

TEST(Semantics, AnEinsumTakesDiagonalsAndRepeatsWhatBroadcasts) {
  const Tensor square = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(numbers("Einsum", {square}, {{"equation", std::string("ii->i")}}), (std::vector<double>{1, 4}));
  EXPECT_EQ(numbers("Einsum", {square, real({10, 100})}, {{"equation", std::string("ij, j")}}),
            (std::vector<double>{210, 430}));
  EXPECT_EQ(numbers("Einsum", {square, square, real({1, 2})}, {{"equation", std::string("ab,bc,c->a")}}),
            (std::vector<double>{27, 59}));
  const Tensor row = Tensor::of<float>({1, 2}, {1, 2});
  EXPECT_EQ(numbers("Einsum", {row, square}, {{"equation", std::string("...a,...a->...")}}),
            (std::vector<double>{5, 11}));
}

// An entry of the batch that is shorter: zeros behind it, its last state kept, and from behind it begins
// at its own end.
TEST(Semantics, RecurrencesEndWhereASequenceEnds) {
  const Tensor x = Tensor::of<float>({2, 2, 1}, {1, 1, 1, 9});
  const Tensor w = Tensor::of<float>({2, 1, 1}, {1, 1}), r = Tensor::of<float>({2, 1, 1}, {1, 1});
  const Tensor none = Tensor::of<float>({2, 2}, {0, 0, 0, 0});
  const auto found = outputs_of("RNN", {x, w, r, none, Tensor::of<int64_t>({2}, {2, 1})}, 5,
                                {{"direction", std::string("bidirectional")}}, 2);
  const auto all = found.at("y0").data<double>();
  const double once = std::tanh(1.0), twice = std::tanh(1 + once);
  const std::vector<double> expected{once, once, twice, once, twice, 0, once, 0};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(all[i], expected[i], 1e-12) << i;
  const auto last = found.at("y1").data<double>();
  const std::vector<double> ends{twice, once, twice, once};
  for (size_t i = 0; i < ends.size(); ++i) EXPECT_NEAR(last[i], ends[i], 1e-12) << i;
}

}  // namespace
}  // namespace assay::reference
