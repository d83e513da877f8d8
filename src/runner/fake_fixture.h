// For the tests of runner/: the runner frameworks/fake in its variants on a graph of one Identity node, and
// the assertion that nothing is left of a runner's processes.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"
#include "runner/proc_linux.h"
#include "runner/runner.h"
#include "runner/spawn.h"
#include "tensor/safetensors.h"

namespace assay::runner {

// How many living processes carry the marker.
inline int processes_with(const std::string& marker) {
  int count = 0;
  for (const ProcessStat& process : all_processes())
    if (process.state != 'Z' && environment_value(process.pid, kMarkerVariable) == marker) ++count;
  return count;
}

class FakeFixture : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() / (std::string("assay-") + info->test_suite_name() +
                                                        "-" + info->name() + "-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(write_file(folder_ / "graph.json", kGraph));
    ASSERT_TRUE(tensor::write_safetensors(folder_ / "weights.safetensors", tensor::TensorMap{}));
    for (const int set : {0, 1})
      ASSERT_TRUE(tensor::write_safetensors(
          input_path(set),
          tensor::TensorMap{{"x", tensor::Tensor::of<float>({2, 2}, {1.F + set, 2, 3, 4})}}));
  }
  void TearDown() override {
    for (const std::string& marker : markers_) EXPECT_EQ(processes_with(marker), 0) << marker;
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::filesystem::path input_path(int set) const {
    return folder_ / ("input" + std::to_string(set) + ".safetensors");
  }
  [[nodiscard]] std::filesystem::path stderr_path() const { return folder_ / "stderr.txt"; }

  // Starts any command; the test fails when it leaves a process behind.
  std::unique_ptr<Runner> start(Command command) {
    command.together = together_;
    command.access = access_;
    command.most_processes = most_processes_;
    command.stderr_path = stderr_path();
    auto runner = Runner::start(command);
    EXPECT_TRUE(runner) << runner.error().message;
    if (!runner) return nullptr;
    markers_.push_back((*runner)->marker());
    return std::move(*runner);
  }
  std::unique_ptr<Runner> start_fake(const std::string& variant) {
    return start({.argv = {"python3", ASSAY_SOURCE_DIR "/frameworks/fake/runner.py", variant},
                  .environment = {{"PYTHONDONTWRITEBYTECODE", "1"}}});
  }
  // The fake in that variant, described and loaded.
  std::unique_ptr<Runner> load_fake(const std::string& variant) {
    auto runner = start_fake(variant);
    const auto described = runner->describe(kPatientSeconds);
    EXPECT_TRUE(described) << described.error().message << described.error().stderr_tail;
    const auto loaded = runner->load(load_request(), kPatientSeconds);
    EXPECT_TRUE(loaded) << loaded.error().message << loaded.error().stderr_tail;
    return runner;
  }
  [[nodiscard]] LoadRequest load_request() const {
    return {.graph = folder_ / "graph.json",
            .weights = folder_ / "weights.safetensors",
            .inputs = {input_path(0), input_path(1)},
            .variant = "honest",
            .device = "cpu",
            .cache = folder_};
  }

  static constexpr double kPatientSeconds = 30;  // for what must succeed
  std::filesystem::path folder_;
  std::optional<Access> access_;
  int most_processes_ = 4096;
  bool together_ = false;  // as where the system has no namespaces to give

 private:
  static constexpr const char* kGraph = R"({"assay_graph": 1, "name": "echo", "values": [
    {"name": "x", "dtype": "F32", "shape": [2, 2], "role": "input"},
    {"name": "y", "dtype": "F32", "shape": [2, 2], "role": "computed"}],
    "nodes": [{"name": "copy", "op": "Identity", "inputs": ["x"], "outputs": ["y"], "attributes": {}}],
    "outputs": ["y"]})";
  std::vector<std::string> markers_;
};

}  // namespace assay::runner
