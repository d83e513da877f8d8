// Copies of the truth are found, and nobody who computes: not even who adds everything up in float64 and
// rounds once an operator, the nearest that an honest float32 answer can be.
#include "verify/nearness.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "autodiff/gradient.h"
#include "models/catalogue.h"
#include "models/weights.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"
#include "verify/gate.h"
#include "verify/thresholds.h"

namespace assay::verify {
namespace {

namespace fs = std::filesystem;
using graph::Role;
using tensor::DType;
using tensor::Tensor;
using tensor::TensorMap;

TensorMap in_float32(TensorMap tensors) {
  for (auto& [name, tensor] : tensors)
    if (tensor.dtype() == DType::f64) tensor = tensor::converted(tensor, DType::f32);
  return tensors;
}

// The outputs of one node in float64.
TensorMap outputs_of(const graph::Graph& graph, const graph::Node& node, const TensorMap& values) {
  graph::Graph alone;
  std::vector<graph::ValueId> inputs;
  for (const graph::ValueId id : node.inputs) {
    if (id == graph::kAbsent) {
      inputs.push_back(graph::kAbsent);
      continue;
    }
    const graph::Value& value = graph.value(id);
    if (const auto known = alone.find(value.name)) {
      inputs.push_back(*known);
    } else {
      inputs.push_back(value.role == Role::constant
                           ? alone.add_constant(value.name, value.data).value()
                           : alone.add_input(value.name, value.dtype, value.shape).value());
    }
  }
  std::vector<std::string> names;
  for (const graph::ValueId id : node.outputs)
    names.push_back(id == graph::kAbsent ? "" : graph.value(id).name);
  const auto made = alone.add_node(node.name, node.op, inputs, node.attributes, names).value();
  for (const graph::ValueId id : made)
    if (id != graph::kAbsent) alone.add_output(id);
  auto outputs = reference::evaluate(alone, values, {.threads = 1});
  EXPECT_TRUE(outputs) << outputs.error().message;
  return std::move(*outputs);
}

// Sums in float64, rounded to float32 once an operator.
TensorMap rounded_once_an_operator(const graph::Graph& graph, TensorMap values) {
  for (const graph::Node& node : graph.nodes())
    for (auto& [name, tensor] : in_float32(outputs_of(graph, node, values)))
      values.insert_or_assign(name, tensor);
  TensorMap outputs;
  for (const graph::ValueId id : graph.outputs())
    outputs.emplace(graph.value(id).name, values.at(graph.value(id).name));
  return outputs;
}

// One tiny workload with its truth.
class Tiny {
 public:
  Tiny(const std::string& model, const std::string& workload)
      : folder_(fs::temp_directory_path() / fmt::format("assay_nearness.{}", ::getpid())) {
    fs::create_directories(folder_);
    workload_ = models::find_model(model, "tiny").value().build(workload).value();
    request_.weights = folder_ / "weights.safetensors";
    EXPECT_TRUE(models::write_weights(models::parameters_of(workload_).value(), {}, 0, request_.weights));
    if (workload_.state) {
      request_.state = folder_ / "state.safetensors";
      EXPECT_TRUE(write_state(*workload_.state, request_.weights, *request_.state, evaluate_here));
    }
    request_.folder = folder_ / "truth";
    request_.evaluate = evaluate_here;
    truth_ = find_truth(workload_, request_).value();
  }
  ~Tiny() { fs::remove_all(folder_); }

  TensorMap copy(size_t set) const { return in_float32(truth_.expected.at(set)); }

  TensorMap nearest_honest(size_t set) const {
    const bool trains = workload_.name == "training";
    TensorMap values = tensor::read_safetensors(request_.weights).value();
    if (request_.state) values.merge(tensor::read_safetensors(*request_.state).value());
    for (const auto& [name, tensor] : workload_.step.inputs[set]) values.insert_or_assign(name, tensor);
    return rounded_once_an_operator(
        trains ? autodiff::gradient(workload_.step.graph).value() : workload_.step.graph, std::move(values));
  }

  record::Accuracy judged(const TensorMap& first, const TensorMap& second,
                          std::string_view precision = "f32") const {
    std::array<Answer, 2> answers;
    for (const int set : {0, 1}) {
      auto& answer = answers.at(static_cast<size_t>(set));
      answer.set = set;
      answer.path = folder_ / fmt::format("answer-{}.safetensors", set);
      EXPECT_TRUE(tensor::write_safetensors(answer.path, set == 0 ? first : second));
    }
    return judge(truth_, answers, precision).value().accuracy;
  }

  // Whether an output is large, and many roundings lead to it: how many is up to the processor's kernels,
  // too.
  bool rounds() const {
    const auto does = [&](const std::string& name, const Tensor& truth) {
      const double rounding = compare(tensor::converted(truth, DType::f32), truth, 1).rel_l2();
      return truth.size() >= kTooNearElements && rounding > 0 &&
             truth_.f32.of(name).rel_l2 >= kTooNearLeastYardstick * rounding;
    };
    return std::ranges::any_of(truth_.expected, [&](const auto& set) {
      return std::ranges::any_of(set.second, [&](const auto& one) { return does(one.first, one.second); });
    });
  }

 private:
  fs::path folder_;
  models::Workload workload_;
  TruthRequest request_;
  Truth truth_;
};

class EveryFamily : public testing::TestWithParam<std::string> {};

TEST_P(EveryFamily, ACopyOfTheTruthIsFoundAndTheNearestHonestAnswerIsNot) {
  int found = 0;
  const auto model = models::find_model(GetParam(), "tiny").value();
  for (const std::string& name : model.workloads) {
    SCOPED_TRACE(name);
    const Tiny tiny(GetParam(), name);
    const auto honest = tiny.judged(tiny.nearest_honest(0), tiny.nearest_honest(1));
    EXPECT_EQ(honest.verdict, record::Verdict::exact) << honest.reason;
    const auto copied = tiny.judged(tiny.copy(0), tiny.copy(1));
    if (!tiny.rounds()) {
      EXPECT_EQ(copied.verdict, record::Verdict::exact) << copied.reason;
      continue;
    }
    ++found;
    EXPECT_EQ(copied.verdict, record::Verdict::wrong);
    EXPECT_NE(copied.reason.find("nearer to the truth than what was declared can be"), std::string::npos)
        << copied.reason;
    EXPECT_EQ(tiny.judged(tiny.copy(0), tiny.copy(1), "f64").reason, "");
  }
  // Hardly any rounding leads to the miniature's 48 numbers of a sentence.
  EXPECT_TRUE(found > 0 || GetParam() == "minilm-l6");
}

// Nearer than both thresholds, but the truth itself is of float32 numbers, or the graph rounds hardly.
TEST(Nearness, SaysNothingWhereACopyIsHonest) {
  const auto reason = [](const std::vector<double>& truth, double yardstick) {
    const Tensor expected = Tensor::of<double>({static_cast<int64_t>(truth.size())}, truth);
    const Tensor copy = tensor::converted(expected, DType::f32);
    Nearness nearness;
    nearness.add(compare(copy, expected, 1), yardstick, expected);
    return nearness.reason();
  };
  std::vector<double> thirds, halves;
  for (int i = 1; i <= 100; ++i) {
    thirds.push_back(i / 3.0);
    halves.push_back(i / 2.0);
  }
  EXPECT_NE(reason(thirds, 1e-6), "");
  EXPECT_EQ(reason(halves, 1e-6), "");
  EXPECT_EQ(reason(thirds, 0), "");
  EXPECT_EQ(reason(thirds, 1e-7), "");
  EXPECT_EQ(reason({1 / 3.0, 2 / 3.0}, 1e-6), "");
}

// One number of a softmax that is sure of itself decides how near all of it is.
TEST(Nearness, SaysNothingWhereFewElementsHoldTheNorm) {
  const auto reason = [](size_t holders) {
    std::vector<double> shares(200, 1e-7 / 3);
    for (size_t i = 0; i < holders; ++i) shares[i] = 1 / (3.0 + static_cast<double>(i) / 100);
    const Tensor expected = Tensor::of<double>({200}, shares);
    Nearness nearness;
    nearness.add(compare(tensor::converted(expected, DType::f32), expected, 1), 1e-6, expected);
    return nearness.reason();
  };
  EXPECT_EQ(reason(1), "");
  EXPECT_EQ(reason(4), "");
  EXPECT_NE(reason(12), "");
}

// Under a sanitizer the whole of the largest takes a minute: there the code is run, and its numbers are those
// of the others.
std::vector<std::string> families() {
  auto all = models::one_of_each_family();
#ifdef __SANITIZE_ADDRESS__
  std::erase(all, "sd15-unet");
#endif
  return all;
}

INSTANTIATE_TEST_SUITE_P(Nearness, EveryFamily, testing::ValuesIn(families()));

}  // namespace
}  // namespace assay::verify
