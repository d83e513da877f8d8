// What is kept of a truth is believed only as it was made, and what is not finite is refused.
#include "verify/truth.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "base/file.h"
#include "graph/builder.h"
#include "tensor/safetensors.h"

namespace assay::verify {
namespace {

namespace fs = std::filesystem;
using graph::Builder;
using graph::Tensor;
using tensor::DType;
using tensor::TensorMap;

// loss = sum(x * w * up * up), so that its gradient is up * up where x is 1: finite or not, as `up` says.
graph::Graph scaled_twice(float up) {
  Builder b("scaled");
  const auto x = b.input("x", DType::f32, {2});
  const auto w = b.parameter("w", {2}, {});
  const auto scale = b.constant("up", Tensor::of<float>({1}, {up}));
  const auto first = b.op("first", "Mul", {b.op("product", "Mul", {x, w}), scale});
  b.output(b.op("loss", "ReduceSum", {b.op("second", "Mul", {first, scale})}, {{"keepdims", 0}}));
  return std::move(b).finish().value();
}

class TruthOf : public testing::Test {
 protected:
  TruthOf() {
    fs::create_directories(folder_);
    workload_.model = "scaled";
    request_.weights = folder_ / "weights.safetensors";
    request_.weights_key = "key";
    request_.folder = folder_ / "truth";
    request_.evaluate = evaluate_here;
    request_.told = [this](std::string_view line) { told_.emplace_back(line); };
  }
  ~TruthOf() override { fs::remove_all(folder_); }

  Result<Truth> find(const char* workload, float up, float weight, float x = 1) {
    told_.clear();
    workload_.name = workload;
    workload_.step.graph = scaled_twice(up);
    workload_.step.inputs = {TensorMap{{"x", Tensor::of<float>({2}, {1, x})}},
                             TensorMap{{"x", Tensor::of<float>({2}, {x, 1})}}};
    EXPECT_TRUE(tensor::write_safetensors(request_.weights, {{"w", Tensor::of<float>({2}, {weight, 0.3F})}}));
    return find_truth(workload_, request_);
  }

  [[nodiscard]] fs::path kept(std::string_view beginning) const {
    for (const auto& entry : fs::recursive_directory_iterator(request_.folder))
      if (entry.path().filename().string().starts_with(beginning) && entry.path().extension() != ".seal")
        return entry.path();
    return {};
  }

  fs::path folder_ = fs::temp_directory_path() / fmt::format("assay-truth-{}", ::getpid());
  models::Workload workload_;
  TruthRequest request_;
  std::vector<std::string> told_;
};

TEST_F(TruthOf, ADamagedTruthIsEvaluatedAnew) {
  const auto first = find("inference", 3, 0.7F);
  ASSERT_TRUE(first) << first.error().message;
  const double loss = first->expected.at(0).at("loss").data<double>()[0];
  ASSERT_TRUE(find("inference", 3, 0.7F)->cached);
  const fs::path file = kept("truth-0");
  {
    std::fstream stream(file, std::ios::in | std::ios::out);
    stream.seekp(static_cast<std::streamoff>(fs::file_size(file)) - 3);
    stream.put('?');
  }
  const auto again = find("inference", 3, 0.7F);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->cached);
  EXPECT_EQ(again->expected.at(0).at("loss").data<double>()[0], loss);
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_NE(told_[0].find("truth-0.safetensors is damaged"), std::string::npos) << told_[0];
  EXPECT_TRUE(find("inference", 3, 0.7F)->cached);
}

TEST_F(TruthOf, AYardstickThatGrewIsMeasuredAnew) {
  const auto first = find("inference", 3, 0.7F);
  ASSERT_TRUE(first) << first.error().message;
  Yardsticks longer = first->f32;
  longer.tensors.at("loss").rel_l2 = 0.1;
  ASSERT_TRUE(write_yardsticks(kept("yardstick"), longer));
  const auto again = find("inference", 3, 0.7F);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->f32.of("loss").rel_l2, first->f32.of("loss").rel_l2);
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(TruthOf, ATruthThatIsNotFiniteIsRefused) {
  const auto truth = find("inference", 1, std::nanf(""));
  ASSERT_FALSE(truth);
  EXPECT_EQ(truth.error().kind, ErrorKind::data);
  EXPECT_NE(truth.error().message.find("scaled inference, truth in float64: loss[] is nan"),
            std::string::npos)
      << truth.error().message;
  EXPECT_FALSE(find("inference", 1, std::nanf(""))) << "nor is it kept";
}

// The numbers of float64 go further than those that are judged.
TEST_F(TruthOf, AYardstickThatIsNotFiniteIsRefused) {
  const auto truth = find("inference", 1e20F, 0.5F);
  ASSERT_FALSE(truth);
  EXPECT_NE(truth.error().message.find("rounding of float32"), std::string::npos) << truth.error().message;
  EXPECT_NE(truth.error().message.find("loss[] is inf"), std::string::npos) << truth.error().message;
}

// Only the gradient overflows: training is refused, inference is not.
TEST_F(TruthOf, GradientsThatAreNotFiniteRefuseTheTrainingAlone) {
  workload_.size = "tiny";
  EXPECT_TRUE(find("inference", 1e20F, 0, 0));
  const auto truth = find("training", 1e20F, 0, 0);
  ASSERT_FALSE(truth);
  EXPECT_NE(truth.error().message.find("grad.w[0] is inf"), std::string::npos) << truth.error().message;
}

// Two runs of the same new model had given their temporary files the same names.
TEST_F(TruthOf, AnotherRunMayEvaluateTheSameState) {
  ASSERT_TRUE(find("inference", 1, 0.5F));
  const fs::path path = folder_ / "state.safetensors";
  // What another process has there must not matter.
  for (const char* theirs : {"graph.json", "inputs.safetensors", "float64.safetensors"})
    fs::create_directories(fs::path(path.string() + "." + theirs) / "theirs");
  const auto written = write_state(workload_.step, request_.weights, path, evaluate_here);
  EXPECT_TRUE(written) << written.error().message;
  EXPECT_TRUE(tensor::read_safetensors(path));
}

}  // namespace
}  // namespace assay::verify
