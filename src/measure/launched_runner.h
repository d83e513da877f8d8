// A contestant's running process as measuring sees it: an interface, so that tests of the order, the clock
// and the warm-up put a simulated framework in its place. launch_runner gives the real one, on top of
// runner/.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "runner/runner.h"

namespace assay::measure {

// What a framework's try gives: a value, or its Failure, which is stored and shown.
template <class T = void>
using Attempt = runner::Attempt<T>;

// After a failed call the process is of no more use, but for close() and the destructor.
class LaunchedRunner {
 public:
  virtual ~LaunchedRunner() = default;  // kills the whole tree if it still runs
  [[nodiscard]] virtual Attempt<runner::Description> describe() = 0;
  [[nodiscard]] virtual Attempt<runner::Loaded> load() = 0;
  // Hands over the inputs of the next steps; returns how long the runner took to read them, ns.
  [[nodiscard]] virtual Attempt<int64_t> inputs(const std::filesystem::path& path, int sets) = 0;
  // So many steps, with the next of these sets.
  [[nodiscard]] virtual Attempt<runner::Steps> steps(int count) = 0;
  // Writes the output tensors of the last step; returns how long that took, ns.
  [[nodiscard]] virtual Attempt<int64_t> outputs(const std::filesystem::path& path) = 0;
  // Stops the whole tree of processes, and lets it go on.
  [[nodiscard]] virtual Attempt<> pause() = 0;
  [[nodiscard]] virtual Attempt<> resume() = 0;
  // Asks the runner to end and waits for it, then kills what is left.
  virtual void close() = 0;

  // When its program was executed, monotonic clock.
  [[nodiscard]] virtual int64_t started_ns() const = 0;
  // Ends the sampling of a cold launch and returns the highest proportional set size of the tree with its
  // parts, and the programs that were seen in it; all absent in another launch.
  [[nodiscard]] virtual runner::Usage peak() = 0;
  // The code that the tree has mapped now.
  [[nodiscard]] virtual runner::Code code() const = 0;
  // Share of the weights' and framework's bytes that were out of the page cache when a cold launch began;
  // absent otherwise.
  [[nodiscard]] virtual std::optional<double> dropped_share() const = 0;
  // Threads of the tree, counted now; CPUs it may run on; its CPU time so far.
  [[nodiscard]] virtual runner::Processors processors() const = 0;
};

struct LaunchOptions {
  std::filesystem::path home;  // becomes HOME and the parent of every cache
  bool cold = false;           // drop weights and framework from the page cache before; sample the memory
};
using Launcher = std::function<Attempt<std::unique_ptr<LaunchedRunner>>(const LaunchOptions&)>;

// How a real runner is started and what it loads.
struct RunnerSpec {
  runner::RunnerCommand command;
  runner::LoadRequest load;  // `cache` is set to a folder under the home
  runner::Deadlines deadlines;
  // Files and folders of the framework that a cold launch drops from the page cache, beside graph, weights
  // and state.
  std::vector<std::filesystem::path> framework_files;
};
// `stop` (may be null) set to true ends the call in hand: its Failure is `failed`, "interrupted".
[[nodiscard]] Launcher launch_runner(RunnerSpec spec, const std::atomic<bool>* stop = nullptr);

}  // namespace assay::measure
