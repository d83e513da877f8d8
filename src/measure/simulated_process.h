// A simulated framework for the tests of measuring: its steps take the time it says and no real time, unless
// it is told to sleep.
#pragma once

#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>
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
};

class SimulatedProcess final : public Process {
 public:
  SimulatedProcess(Behaviour behaviour, Log& log) : behaviour_(std::move(behaviour)), log_(log) {
    ++log_.running;
    level_ = std::exp(behaviour_.launch_scatter * log_.random.normal());
  }
  ~SimulatedProcess() override {
    if (!paused_) --log_.running;
  }
  Attempt<runner::Description> describe() override {
    return runner::Description{
        .framework = behaviour_.name, .version = "1", .devices = {{behaviour_.device, ""}}};
  }
  Attempt<runner::Loaded> load() override { return runner::Loaded{.precision = "f32", .threads = 1}; }
  Attempt<runner::Steps> steps(const std::vector<int>& sets) override {
    log("steps " + std::to_string(sets.size()));
    log_.most_running = std::max(log_.most_running, log_.running);
    runner::Steps result;
    const double around = std::exp(behaviour_.visit_scatter * log_.random.normal());
    for (const int set : sets) {
      if (behaviour_.dies_after_steps >= 0 && made_ >= behaviour_.dies_after_steps)
        return std::unexpected(record::Failure{.outcome = record::Outcome::crashed, .message = "gone"});
      const double ms = behaviour_.step_ms * (1 + behaviour_.grows_by * made_) * level_ * around;
      if (behaviour_.sleeps) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
      const double share = made_ >= behaviour_.lies_from_steps ? behaviour_.claimed_share : 1;
      result.batch_ns += static_cast<int64_t>(ms * 1e6);
      cpu_ns_ += static_cast<int64_t>(ms * 1e6);
      result.samples_ns.push_back(static_cast<int64_t>(ms * share * 1e6));
      ++made_;
      last_set_ = set;
    }
    return result;
  }
  Attempt<int> outputs(const std::filesystem::path& path) override {
    log("outputs");
    std::ofstream(path) << behaviour_.name << " " << last_set_;
    return last_set_;
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
    return {.threads = 3, .cpus = 2, .cpu_ns = cpu_ns_, .user_ns = cpu_ns_};
  }

 private:
  void log(const std::string& what) { log_.lines.push_back(behaviour_.name + " " + what); }

  Behaviour behaviour_;
  Log& log_;
  bool paused_ = false;
  int made_ = 0;
  int last_set_ = -1;
  double level_ = 1;
  int64_t cpu_ns_ = 0;
  int64_t started_ns_ = now_ns();
};

inline Participant simulated(const Behaviour& behaviour, Log& log) {
  return {.contestant = {.framework = behaviour.name, .variant = "v", .device = "cpu"},
          .launch = [behaviour, &log](const LaunchOptions&) -> Attempt<std::unique_ptr<Process>> {
            return std::make_unique<SimulatedProcess>(behaviour, log);
          }};
}

}  // namespace assay::measure
