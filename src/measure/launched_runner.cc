// A Process on top of runner::Runner: environment of a private home, the page cache, memory sampling, and the
// stop flag that ends a blocked call.
#include "measure/launched_runner.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "host/page_cache.h"
#include "runner/stop_watch.h"

namespace assay::measure {
namespace fs = std::filesystem;
namespace {

record::Failure interrupted() { return {.outcome = record::Outcome::failed, .message = "interrupted"}; }

class RunnerProcess final : public LaunchedRunner {
 public:
  RunnerProcess(std::unique_ptr<runner::Runner> runner, RunnerSpec spec, bool cold,
                std::optional<double> dropped_share, const std::atomic<bool>* stop)
      : spec_(std::move(spec)), stop_(stop), dropped_share_(dropped_share), runner_(std::move(runner)) {
    if (cold) sampler_ = std::make_unique<runner::PeakSampler>(*runner_);
  }

  Attempt<runner::Description> describe() override {
    return watched([&] { return runner_->describe(spec_.deadlines.describe_s); });
  }
  Attempt<runner::Loaded> load() override {
    return watched([&] { return runner_->load(spec_.load, spec_.deadlines.load_s); });
  }
  Attempt<int64_t> inputs(const fs::path& path, int sets) override {
    return watched([&] { return runner_->inputs(path, sets, spec_.deadlines.inputs_s); });
  }
  Attempt<runner::Steps> steps(int count) override {
    const double limit_s =
        std::exchange(stepped_, true) ? spec_.deadlines.steps_s : spec_.deadlines.first_step_s;
    auto steps = watched([&] { return runner_->steps(count, limit_s); });
    if (!steps && steps.error().outcome == record::Outcome::timed_out)
      steps.error().message =
          fmt::format("a step takes > {:g} s: {}", limit_s / count, steps.error().message);
    return steps;
  }
  Attempt<int64_t> outputs(const fs::path& path) override {
    return watched([&] { return runner_->outputs(path, spec_.deadlines.outputs_s); });
  }
  Attempt<> pause() override { return runner_->pause(); }
  Attempt<> resume() override { return runner_->resume(); }
  void close() override {
    sampler_.reset();
    (void)runner_->close(spec_.deadlines.close_s);
  }
  int64_t started_ns() const override { return runner_->started_ns(); }
  runner::Usage peak() override {
    if (!sampler_) return {};
    auto peak = sampler_->stop();
    sampler_.reset();
    return peak;
  }
  runner::Code code() const override { return runner_->code(); }
  std::optional<double> dropped_share() const override { return dropped_share_; }
  runner::Processors processors() const override { return runner_->processors(); }

 private:
  template <class Call>
  std::invoke_result_t<Call> watched(const Call& call) {
    auto result = [&] {
      const runner::StopWatch watch(*runner_, stop_);
      return call();
    }();
    if (!result && stop_ != nullptr && stop_->load()) return std::unexpected(interrupted());
    return result;
  }

  RunnerSpec spec_;
  const std::atomic<bool>* stop_;
  std::optional<double> dropped_share_;
  bool stepped_ = false;
  std::unique_ptr<runner::Runner> runner_;
  std::unique_ptr<runner::PeakSampler> sampler_;  // ends before the runner it looks at
};

// Everything that follows HOME or a temporary folder ends up below `home`.
void move_home(const fs::path& home, RunnerSpec& spec) {
  const std::pair<const char*, const char*> folders[] = {
      {"HOME", ""},
      {"XDG_CACHE_HOME", "cache"},
      {"XDG_CONFIG_HOME", "config"},
      {"XDG_DATA_HOME", "data"},
      {"XDG_STATE_HOME", "state"},
      {"TMPDIR", "tmp"},
      {"PYTHONPYCACHEPREFIX", "pycache"},
  };
  std::error_code ec;  // a folder that cannot be made shows in what the runner says
  for (const auto& [variable, folder] : folders) {
    fs::create_directories(home / folder, ec);
    spec.command.environment[variable] = (home / folder).string();
  }
  spec.command.environment["PYTHONDONTWRITEBYTECODE"] = "";  // unset: its place is private, let it fill
  fs::create_directories(home / "compiled", ec);
  spec.load.cache = (home / "compiled").string();
}

std::optional<double> drop_caches(const RunnerSpec& spec) {
  std::vector<fs::path> paths = spec.framework_files;
  paths.emplace_back(spec.load.graph);
  paths.emplace_back(spec.load.weights);
  if (spec.load.state) paths.emplace_back(*spec.load.state);
  if (spec.load.onnx) paths.emplace_back(*spec.load.onnx);
  if (spec.load.gguf) paths.emplace_back(*spec.load.gguf);
  if (spec.load.original) paths.emplace_back(*spec.load.original);
  return host::drop_from_page_cache(paths);
}

}  // namespace

Launcher launch_runner(RunnerSpec spec, const std::atomic<bool>* stop) {
  return [spec = std::move(spec),
          stop](const LaunchOptions& options) -> Attempt<std::unique_ptr<LaunchedRunner>> {
    RunnerSpec own = spec;
    move_home(options.home, own);
    std::optional<double> dropped_share;
    if (options.cold) dropped_share = drop_caches(own);
    auto runner = runner::Runner::start(own.command);
    if (!runner) return std::unexpected(std::move(runner).error());
    return std::make_unique<RunnerProcess>(std::move(*runner), std::move(own), options.cold, dropped_share,
                                           stop);
  };
}

}  // namespace assay::measure
