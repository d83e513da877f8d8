// Graphs that go to whole numbers on the way: an honest answer may fall on the other side of a step, a
// mistake is found between the steps.
#include "verify/steps.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>

#include "graph/builder.h"
#include "reference/evaluate.h"
#include "tensor/generate.h"
#include "tensor/safetensors.h"
#include "verify/gate.h"
#include "verify/tolerance.h"

namespace assay::verify {
namespace {

namespace fs = std::filesystem;
using graph::Builder;
using graph::Graph;
using graph::ValueId;
using record::Verdict;
using tensor::DType;
using tensor::Tensor;
using tensor::TensorMap;

constexpr int64_t kStepRows = 64, kStepWidth = 48;

enum class Mistake : uint8_t { none, quantum_more, no_saturation };

// Products with weights, between which activations are quantised: as QDQ files are once they are imported.
class Quantised {
 public:
  explicit Quantised(int layers, Mistake mistake = Mistake::none) : b_("network"), mistake_(mistake) {
    ValueId x = b_.input("x", DType::f32, {kStepRows, kStepWidth});
    for (int i = 0; i < layers; ++i) x = layer(x, fmt::format("{}", i));
    b_.output(b_.op("y", "Linear", {x, weight("last")}));
  }
  Graph graph() && { return std::move(b_).finish().value(); }

  static TensorMap weights(int layers) {
    TensorMap result;
    for (int i = 0; i <= layers; ++i) {
      const std::string name = i == layers ? "last" : fmt::format("{}", i);
      result[name] =
          tensor::generate_noise(name, 0, {kStepWidth, kStepWidth}, 0, 1 / std::sqrt(double{kStepWidth}));
    }
    return result;
  }

 private:
  ValueId weight(const std::string& name) { return b_.parameter(name, {kStepWidth, kStepWidth}, {}); }
  ValueId number(const std::string& name, float value) {
    return b_.constant(name, Tensor::of<float>({}, {value}));
  }
  ValueId layer(ValueId x, const std::string& name) {
    const ValueId scale = number("scale" + name, 0.017F);
    const ValueId product = b_.op("product" + name, "Linear", {x, weight(name)});
    ValueId whole = b_.op("whole" + name, "Round", {b_.op("steps" + name, "Div", {product, scale})});
    if (mistake_ == Mistake::quantum_more && name == "0")
      whole = b_.op("more", "Add", {whole, number("one", 1)});
    const bool saturates = mistake_ != Mistake::no_saturation || name != "0";
    const ValueId low = number("low" + name, saturates ? -128 : -1e9F);
    const ValueId high = number("high" + name, saturates ? 127 : 1e9F);
    return b_.op("real" + name, "Mul", {b_.op("held" + name, "Clip", {whole, low, high}), scale});
  }

  Builder b_;
  Mistake mistake_;
};

// A network with its truth, and answers to it.
class StepsCase {
 public:
  explicit StepsCase(int layers)
      : folder_(fs::temp_directory_path() / fmt::format("assay_steps.{}.{}", ::getpid(), layers)) {
    fs::create_directories(folder_);
    workload_.name = "inference";
    workload_.step.graph = Quantised(layers).graph();
    for (size_t set : {0, 1})
      workload_.step.inputs[set] = {{"x", tensor::generate_noise("x", set, {kStepRows, kStepWidth}, 0, 1)}};
    weights_ = Quantised::weights(layers);
    request_ = {
        .weights = folder_ / "weights.safetensors", .weights_key = "steps", .folder = folder_ / "truth"};
    request_.evaluate = evaluate_here;
    EXPECT_TRUE(tensor::write_safetensors(request_.weights, weights_));
    pieces_ = between_steps(workload_, request_).value().value();
    truth_ = find_truth(workload_, request_).value();
    of_pieces_ = find_truth(pieces_, request_).value();
  }
  ~StepsCase() { fs::remove_all(folder_); }

  [[nodiscard]] const Truth& truth() const { return truth_; }
  [[nodiscard]] const models::Workload& workload() const { return workload_; }
  [[nodiscard]] const models::Workload& pieces() const { return pieces_; }

  // What the gate says of a runner that computes the graph so, with those weights, in float32.
  record::Accuracy whole(const Graph& graph, int blocking = 0) const {
    return judged(truth_, graph, workload_, blocking);
  }
  record::Accuracy between(const Graph& graph, int blocking = 0) const {
    return judged(of_pieces_, graph, pieces_, blocking);
  }
  TensorMap& weights() { return weights_; }
  TensorMap answer(const Graph& graph, const models::Workload& workload, size_t set, int blocking) const {
    TensorMap bindings = weights_;
    bindings.insert(workload.step.inputs[set].begin(), workload.step.inputs[set].end());
    return reference::evaluate(graph, bindings,
                               {.scalar = reference::Scalar::f32, .blocking = blocking, .threads = 1})
        .value();
  }

 private:
  record::Accuracy judged(const Truth& truth, const Graph& graph, const models::Workload& workload,
                          int blocking) const {
    std::array<Answer, 2> answers = {Answer{0, folder_ / "0"}, Answer{1, folder_ / "1"}};
    for (size_t set : {0, 1})
      EXPECT_TRUE(tensor::write_safetensors(answers[set].path, answer(graph, workload, set, blocking)));
    return judge(truth, answers).value().accuracy;
  }

  fs::path folder_;
  models::Workload workload_, pieces_;
  TruthRequest request_;
  TensorMap weights_;
  Truth truth_, of_pieces_;
};

StepsCase& deep() {
  static StepsCase one(6);
  return one;
}

// The pieces of the network with a mistake in its first layer.
Graph pieces_with(Mistake mistake) {
  const Graph graph = Quantised(6, mistake).graph();
  return held(graph, steps_of(graph)).value();
}

TEST(Steps, AreFoundInOrderAndTheLastAreTold) {
  const auto steps = steps_of(deep().workload().step.graph);
  ASSERT_EQ(steps.size(), 6U);
  EXPECT_EQ(steps[0].operand, "steps0");
  EXPECT_FALSE(steps[0].last);
  EXPECT_TRUE(steps[5].last);
}

TEST(Steps, OfAnInputAreNone) {
  Builder b("given");
  b.output(b.op("y", "Round", {b.input("x", DType::f32, {2})}));
  EXPECT_TRUE(steps_of(std::move(b).finish().value()).empty());
}

TEST(Steps, BetweenThemEachGoesFromWhatIsGivenAndLeadsToTheNext) {
  const Graph& graph = deep().pieces().step.graph;
  EXPECT_EQ(graph.with_role(graph::Role::input).size(), 7U);
  EXPECT_EQ(graph.outputs().size(), 7U);
  EXPECT_TRUE(steps_of(graph).empty());
}

TEST(Steps, APushIsAShareOfTheElementOrOfAllAndItsOppositeIsOpposite) {
  const Step step{.push = "push"};
  const auto operand = Tensor::of<double>({4}, {0, 4, -8, 0});
  const Tensor one = push_of(step, operand, 0.5, 1, false), other = push_of(step, operand, 0.5, 1, true);
  const double rms = std::sqrt(20);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(std::abs(one.data<float>()[i]), 0.5 * std::max(rms, std::abs(operand.data<double>()[i])),
                1e-6);
    EXPECT_EQ(one.data<float>()[i], -other.data<float>()[i]);
  }
}

// The yardstick is what rounding does between steps; what a step makes of it is apart.
TEST(Steps, AnAnswerOnTheOtherSideIsHonest) {
  EXPECT_LT(deep().truth().f32.of("y").rel_l2, 1e-6);
  EXPECT_GT(deep().truth().steps.of("y").rel_l2, 1e-4);
  const Graph& graph = deep().workload().step.graph;
  for (const int blocking : {0, 1, 2}) {
    EXPECT_EQ(deep().whole(graph, blocking).verdict, Verdict::exact);
    EXPECT_EQ(deep().between(deep().pieces().step.graph, blocking).verdict, Verdict::exact);
  }
}

TEST(Steps, WithoutThemSuchAnAnswerWouldBeWrong) {
  const TensorDifference off{.error2 = 1e-8, .truth2 = 1, .count = 1};
  EXPECT_GT(output_share(off, {.rel_l2 = 1e-7}, record::ComputeType::f32), 10);
  EXPECT_EQ(output_share(off, {.rel_l2 = 1e-7}, record::ComputeType::f32, {.rel_l2 = 1e-3, .max_rel = 1}), 0);
}

TEST(Steps, MistakesAreFoundBetweenThem) {
  EXPECT_EQ(deep().between(pieces_with(Mistake::none)).verdict, Verdict::exact);
  for (const Mistake mistake : {Mistake::quantum_more, Mistake::no_saturation})
    EXPECT_EQ(deep().between(pieces_with(mistake)).verdict, Verdict::wrong);
}

TEST(Steps, OneWeightThatIsAQuantumOffIsFound) {
  StepsCase one(2);
  auto numbers = one.weights().at("1").mutable_data<float>();
  const float before = numbers[17];
  numbers[17] += 0.5F / 127;
  EXPECT_EQ(one.between(one.pieces().step.graph).verdict, Verdict::wrong);
  numbers[17] = before;
  EXPECT_EQ(one.between(one.pieces().step.graph).verdict, Verdict::exact);
}

// A scale that is a power of two leaves real ties, on which float32 and float64 agree.
TEST(Steps, TiesAreNoMatterOfRounding) {
  Builder b("ties");
  const ValueId x = b.input("x", DType::f32, {8});
  const ValueId half = b.constant("half", Tensor::of<float>({}, {0.5F}));
  b.output(b.op("y", "Round", {b.op("steps", "Mul", {x, half})}));
  models::Workload workload;
  workload.name = "inference";
  workload.step.graph = std::move(b).finish().value();
  const auto input = Tensor::of<float>({8}, {1, 3, 5, 7, -1, -3, 2, 4});
  workload.step.inputs = {TensorMap{{"x", input}},
                          TensorMap{{"x", Tensor::of<float>({8}, {1, 3, 5, 7, 9, 11, 2, 5})}}};
  const fs::path folder = fs::temp_directory_path() / fmt::format("assay_ties.{}", ::getpid());
  fs::create_directories(folder);
  TruthRequest request{.weights = folder / "weights.safetensors", .weights_key = "ties", .folder = folder};
  request.evaluate = evaluate_here;
  ASSERT_TRUE(tensor::write_safetensors(request.weights, TensorMap{}));
  const Truth truth = find_truth(workload, request).value();
  EXPECT_EQ(truth.steps.of("y").max_rel, 0);
  const fs::path answer = folder / "answer";
  const auto verdict_of = [&](const std::vector<float>& y) {
    EXPECT_TRUE(tensor::write_safetensors(answer, TensorMap{{"y", Tensor::of<float>({8}, y)}}));
    return judge(truth, std::array{Answer{0, answer}}).value().accuracy.verdict;
  };
  EXPECT_EQ(verdict_of({0, 2, 2, 4, 0, -2, 1, 2}), Verdict::exact);
  EXPECT_EQ(verdict_of({1, 2, 3, 4, 0, -1, 1, 2}), Verdict::wrong);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace assay::verify
