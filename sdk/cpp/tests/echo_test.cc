// The SDK, driven by the core's own side of the protocol; tests/conformance/test_sdks.py says the rest by
// hand.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "graph/builder.h"
#include "graph/json.h"
#include "runner/runner.h"
#include "tensor/safetensors.h"

namespace {

namespace fs = std::filesystem;
using assay::graph::DType;
using assay::record::Outcome;
using assay::record::Reason;
using assay::runner::Runner;
using assay::tensor::Tensor;
using assay::tensor::TensorMap;

constexpr double kPatientSeconds = 30;

assay::graph::Graph sum_graph() {
  assay::graph::Builder builder("sum");
  const auto x = builder.input("x", DType::f32, {2, 2});
  const auto w = builder.parameter("w", {2, 2}, {});
  builder.output(builder.op("sum", "Add", {x, w}));
  return *std::move(builder).finish();
}

class EchoTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / fmt::format("assay-sdk-{}-{}", info->name(), ::getpid());
    fs::create_directories(folder_);
    put("weights", {{"w", Tensor::of<float>({2, 2}, {10, 20, 30, 40})}});
    put("inputs", {{"x", Tensor::of<float>({3, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})}});
    ASSERT_TRUE(assay::write_file(folder_ / "graph.json", assay::graph::to_json(sum_graph())));
  }
  void TearDown() override {
    runner_.reset();
    fs::remove_all(folder_);
  }

  void put(const std::string& name, const TensorMap& tensors) {
    ASSERT_TRUE(assay::tensor::write_safetensors(path(name), tensors));
  }
  [[nodiscard]] fs::path path(const std::string& name) const { return folder_ / (name + ".safetensors"); }

  Runner& start() {
    auto runner = Runner::start({.argv = {ASSAY_ECHO_RUNNER}, .stderr_path = folder_ / "stderr.txt"});
    EXPECT_TRUE(runner);
    runner_ = std::move(*runner);
    const auto description = runner_->describe(kPatientSeconds);
    EXPECT_TRUE(description) << description.error().message;
    EXPECT_EQ(description.value_or(assay::runner::Description{}).framework, "Echo");
    return *runner_;
  }
  [[nodiscard]] assay::runner::Attempt<assay::runner::Loaded> load(const std::string& variant = "honest") {
    return runner_->load({.graph = folder_ / "graph.json",
                          .weights = path("weights"),
                          .variant = variant,
                          .device = "cpu",
                          .cache = folder_},
                         kPatientSeconds);
  }

  // The reason why the next step of fresh inputs failed.
  assay::record::Failure failed_step() {
    EXPECT_TRUE(runner_->inputs(path("inputs"), 3, kPatientSeconds));
    const auto steps = runner_->steps(1, kPatientSeconds);
    EXPECT_FALSE(steps);
    return steps ? assay::record::Failure{} : steps.error();
  }
  // The last element of the outputs.
  float last_output() {
    const auto written = runner_->outputs(path("out"), kPatientSeconds);
    EXPECT_TRUE(written) << written.error().message;
    const auto tensors = assay::tensor::read_safetensors(path("out"));
    EXPECT_TRUE(tensors);
    return tensors->at("sum").data<float>()[3];
  }

  fs::path folder_;
  std::unique_ptr<Runner> runner_;
};

TEST_F(EchoTest, AWholeSession) {
  Runner& runner = start();
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->notes, "variant honest");
  ASSERT_TRUE(runner.inputs(path("inputs"), 3, kPatientSeconds));
  fs::remove(path("inputs"));
  ASSERT_TRUE(runner.steps(1, kPatientSeconds));
  EXPECT_EQ(last_output(), 44);
  const auto steps = runner.steps(2, kPatientSeconds);
  ASSERT_TRUE(steps) << steps.error().message;
  EXPECT_EQ(steps->samples_ns.size(), 2U);
  for (int time = 0; time < 2; ++time) EXPECT_EQ(last_output(), 52) << "asked again";
  EXPECT_TRUE(runner.close(kPatientSeconds));
}

TEST_F(EchoTest, AStepThatFailsIsFailedWithItsMessage) {
  start();
  const std::map<std::string, std::string> messages = {
      {"fails", "the device is lost"}, {"throws", "thrown by the framework"}, {"memory", "out of memory"}};
  for (const auto& [variant, message] : messages) {
    ASSERT_TRUE(load(variant));
    const auto failure = failed_step();
    EXPECT_EQ(failure.message, message);
    EXPECT_EQ(failure.reason, variant == "memory" ? Reason::memory : Reason::none);
    EXPECT_FALSE(runner_->outputs(path("out"), kPatientSeconds)) << "of a step that failed";
  }
}

TEST_F(EchoTest, TheCoreCanStopAndContinueIt) {
  Runner& runner = start();
  ASSERT_TRUE(load());
  ASSERT_TRUE(runner.inputs(path("inputs"), 3, kPatientSeconds));
  ASSERT_TRUE(runner.pause());
  ASSERT_TRUE(runner.resume());
  EXPECT_TRUE(runner.steps(3, kPatientSeconds));
}

}  // namespace
