// A simulated framework for the tests of measuring: its steps take the time it says and no real time, unless
// it is told to sleep.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "measure/measure.h"
#include "stats/random.h"

namespace assay::measure {

// What all simulated processes of a test did, in order: "a load", "a steps 5", "a pause".
struct Log {
  std::vector<std::string> lines;
  std::map<std::string, std::set<std::string>> sets;  // that each was handed, by name
  stats::Random random{3};
  int running = 0;       // processes that are launched and not paused
  int most_running = 0;  // while a step was made
};

struct Behaviour {
  std::string name = "a";
  double step_ms = 100;
  double grows_by = 0;        // share a step
  double launch_scatter = 0;  // standard deviation of a launch's own level, as a share
  double visit_scatter = 0;   // and of a request's
  double claimed_share = 1;   // of the real time, in what it reports
  int lies_from_steps = 0;    // makes its claims only after so many steps
  int dies_after_steps = -1;
  bool sleeps = false;  // really takes its time
  std::string device = "cpu";
  double inputs_ms = 0;   // reads its inputs for so long
  double put_off_ms = 0;  // and takes so much longer when outputs are asked for the first time
};

class SimulatedRunner final : public LaunchedRunner {
 public:
  SimulatedRunner(Behaviour behaviour, Log& log) : behaviour_(std::move(behaviour)), log_(log) {
    ++log_.running;
    level_ = std::exp(behaviour_.launch_scatter * log_.random.normal());
  }
  ~SimulatedRunner() override {
    if (!paused_) --log_.running;
  }
  Attempt<runner::Description> describe() override {
    return runner::Description{
        .framework = behaviour_.name, .version = "1", .devices = {{behaviour_.device, ""}}};
  }
  Attempt<runner::Loaded> load() override { return runner::Loaded{.precision = "f32", .threads = 1}; }
  Attempt<int64_t> inputs(const std::filesystem::path& path, int sets) override {
    std::ifstream file(path);
    sets_ = std::vector<std::string>(std::istream_iterator<std::string>(file), {});
    EXPECT_EQ(sets_.size(), static_cast<size_t>(sets));
    for (const auto& set : sets_)
      EXPECT_TRUE(log_.sets[behaviour_.name].insert(set).second) << set << " came twice";
    next_ = 0;
    return static_cast<int64_t>(behaviour_.inputs_ms * 1e6);
  }
  Attempt<runner::Steps> steps(int count) override {
    log("steps " + std::to_string(count));
    log_.most_running = std::max(log_.most_running, log_.running);
    runner::Steps result;
    const double around = std::exp(behaviour_.visit_scatter * log_.random.normal());
    for (int i = 0; i < count; ++i) {
      if (behaviour_.dies_after_steps >= 0 && made_ >= behaviour_.dies_after_steps)
        return std::unexpected(record::Failure{.outcome = record::Outcome::crashed, .message = "gone"});
      const double ms = behaviour_.step_ms * (1 + behaviour_.grows_by * made_) * level_ * around;
      if (behaviour_.sleeps) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
      const double share = made_ >= behaviour_.lies_from_steps ? behaviour_.claimed_share : 1;
      result.batch_ns += static_cast<int64_t>(ms * 1e6);
      cpu_ns_ += static_cast<int64_t>(ms * 1e6);
      result.samples_ns.push_back(static_cast<int64_t>(ms * share * 1e6));
      ++made_;
      fresh_ = true;
      last_set_ = sets_.at(next_++);
    }
    return result;
  }
  Attempt<int64_t> outputs(const std::filesystem::path& path) override {
    log("outputs");
    std::ofstream(path) << behaviour_.name << " " << last_set_;
    return static_cast<int64_t>((std::exchange(fresh_, false) ? behaviour_.put_off_ms : 0) * 1e6);
  }
  Attempt<> pause() override {
    if (!std::exchange(paused_, true)) --log_.running;
    return {};
  }
  Attempt<> resume() override {
    if (std::exchange(paused_, false)) ++log_.running;
    return {};
  }
  void close() override { log("close"); }
  int64_t started_ns() const override { return started_ns_; }
  runner::Usage peak() override {
    return {.pss_bytes = 1000, .anonymous_bytes = 700, .file_bytes = 300, .programs = {"ld"}};
  }
  runner::Code code() const override { return {.program = "/bin/simulated", .mapped = {}}; }
  std::optional<double> dropped_share() const override { return 0.75; }
  runner::Processors processors() const override {
    return {.threads = 3, .cpus = 2, .cpu_ns = cpu_ns_, .kernel_ns = 0, .waited_ns = 0};
  }

 private:
  void log(const std::string& what) { log_.lines.push_back(behaviour_.name + " " + what); }

  Behaviour behaviour_;
  Log& log_;
  bool paused_ = false;
  int made_ = 0;
  bool fresh_ = false;             // a step was made since the outputs were asked for
  std::vector<std::string> sets_;  // handed over
  size_t next_ = 0;
  std::string last_set_;
  double level_ = 1;
  int64_t cpu_ns_ = 0;
  int64_t started_ns_ = now_ns();
};

// Sets are their numbers as text.
inline InputSource numbered_sets() {
  return {.write = [](const std::filesystem::path& path, std::span<const uint64_t> numbers) -> Result<> {
            std::ofstream file(path);
            for (const uint64_t number : numbers) file << number << "\n";
            return {};
          },
          .set_bytes = 8};
}

inline LaunchableContestant simulated(const Behaviour& behaviour, Log& log) {
  return {.contestant = {.framework = behaviour.name, .variant = "v", .device = "cpu"},
          .launch = [behaviour, &log](const LaunchOptions&) -> Attempt<std::unique_ptr<LaunchedRunner>> {
            return std::make_unique<SimulatedRunner>(behaviour, log);
          },
          .inputs = numbered_sets()};
}

}  // namespace assay::measure
