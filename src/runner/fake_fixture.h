// For the tests of runner/: the runner frameworks/fake in its variants on a graph of one Identity node, and
// the assertion that nothing is left of a runner's processes.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/source_tree.h"
#include "runner/control_group.h"
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

inline bool has_group(const std::string& marker) {
  return std::ranges::any_of(runner_groups(),
                             [&](const RunnerGroup& group) { return group.marker == marker; });
}

// A process found by the last word of its command line, since its environment is empty.
inline std::optional<ProcessStat> tagged(const std::string& tag) {
  const auto command_line = [](int pid) {
    return read_file("/proc/" + std::to_string(pid) + "/cmdline").value_or("");
  };
  for (const ProcessStat& process : all_processes())
    if (process.state != 'Z' && command_line(process.pid).ends_with(tag + '\0')) return process;
  return std::nullopt;
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
  }
  void TearDown() override {
    for (const std::string& marker : markers_) {
      EXPECT_EQ(processes_with(marker), 0) << marker;
      EXPECT_FALSE(has_group(marker)) << marker;
    }
    std::filesystem::remove_all(folder_);
  }

  template <class Condition>
  static bool within_10_s(const Condition& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  }
  // The graph's input in so many sets: set number n begins with n.
  static Result<> write_inputs(const std::filesystem::path& path, std::span<const uint64_t> numbers) {
    std::vector<float> values;
    for (const uint64_t number : numbers) values.insert(values.end(), {static_cast<float>(number), 2, 3, 4});
    return tensor::write_safetensors(
        path, tensor::TensorMap{
                  {"x", tensor::Tensor::of<float>({static_cast<int64_t>(numbers.size()), 2, 2}, values)}});
  }
  // Hands over inputs that never came before, sets 1, 2, 3, ..., and makes a step with each.
  Attempt<Steps> step(Runner& runner, int count = 1, double deadline_s = kPatientSeconds) {
    std::vector<uint64_t> numbers(static_cast<size_t>(count));
    std::iota(numbers.begin(), numbers.end(), next_set_);
    next_set_ += numbers.size();
    EXPECT_TRUE(write_inputs(folder_ / "inputs.safetensors", numbers));
    if (auto read = runner.inputs(folder_ / "inputs.safetensors", count, kPatientSeconds); !read)
      return std::unexpected(std::move(read).error());
    return runner.steps(count, deadline_s);
  }
  [[nodiscard]] std::filesystem::path stderr_path() const { return folder_ / "stderr.txt"; }

  // Starts any command; the test fails when it leaves a process behind.
  std::unique_ptr<Runner> start(RunnerCommand command) {
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
    return start({.argv = {"python3", std::string(source_tree()) + "/frameworks/fake/runner.py", variant},
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
            .variant = "honest",
            .device = "cpu",
            .cache = folder_};
  }

  static constexpr double kPatientSeconds = 30;  // for what must succeed
  static constexpr int64_t kHeldBytes =
      64 << 20;  // by a descendant that hides, as in frameworks/fake/escapes.py
  std::filesystem::path folder_;
  std::optional<Access> access_;
  int most_processes_ = 4096;
  bool together_ = false;  // as where the system has no namespaces to give

 private:
  uint64_t next_set_ = 1;
  static constexpr const char* kGraph = R"({"assay_graph": 1, "name": "echo", "values": [
    {"name": "x", "dtype": "F32", "shape": [2, 2], "role": "input"},
    {"name": "y", "dtype": "F32", "shape": [2, 2], "role": "computed"}],
    "nodes": [{"name": "copy", "op": "Identity", "inputs": ["x"], "outputs": ["y"], "attributes": {}}],
    "outputs": ["y"]})";
  std::vector<std::string> markers_;
};

}  // namespace assay::runner
