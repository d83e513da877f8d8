// A contestant's running process as measuring sees it: an interface, so that tests of the order, the clock
// and the warm-up put a simulated framework in its place. launch_runner gives the real one, on top of
// runner/.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "record/measurement.h"

namespace assay::measure {

// What a framework's try gives: a value, or its Failure, which is stored and shown.
template <class T = void>
using Attempt = std::expected<T, record::Failure>;

struct Steps {
  std::vector<int64_t> samples_ns;  // one a step, as the runner clocked it
  int64_t batch_ns = 0;             // the core's own clock around the request
};

// After a failed call the process is of no more use, but for close() and the destructor.
class Process {
 public:
  virtual ~Process() = default;  // kills the whole tree if it still runs
  // The framework's version; the process was spawned before, at started_ns() of the monotonic clock.
  [[nodiscard]] virtual Attempt<std::string> describe() = 0;
  // Loads the model; returns the compute type really used ("f32").
  [[nodiscard]] virtual Attempt<std::string> load() = 0;
  // One step for each entry, with input set 0 or 1.
  [[nodiscard]] virtual Attempt<Steps> steps(std::span<const uint8_t> sets) = 0;
  // Writes the output tensors of the last step; returns that step's input set.
  [[nodiscard]] virtual Attempt<int> outputs(const std::filesystem::path& path) = 0;
  // Stops the whole tree of processes, and lets it go on. A tree that is gone fails.
  [[nodiscard]] virtual Attempt<> pause() = 0;
  [[nodiscard]] virtual Attempt<> resume() = 0;
  // Asks the runner to end and waits for it, then kills what is left.
  virtual void close() = 0;

  [[nodiscard]] virtual int64_t started_ns() const = 0;
  // Peak of the tree's proportional set size since it was spawned; absent where the system does not tell.
  [[nodiscard]] virtual std::optional<int64_t> peak_bytes() const = 0;
  // Threads of the tree, counted now.
  [[nodiscard]] virtual std::optional<int> threads() const = 0;
};

struct LaunchOptions {
  // A private folder that becomes HOME and the place of every cache. Emptied before a cold launch by its
  // owner.
  std::filesystem::path home;
  bool cold = false;  // drop the weights and the framework's files from the page cache first; sample memory
};
using Launcher = std::function<Attempt<std::unique_ptr<Process>>(const LaunchOptions&)>;

// How a real runner is started and what it loads; the fields are those of docs/protocol.md, `load`.
struct RunnerSpec {
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;  // added to the inherited one
  std::filesystem::path working_folder;
  std::vector<std::filesystem::path>
      framework_files;  // folders whose files a cold launch drops from the page cache
  std::filesystem::path graph, weights;
  std::optional<std::filesystem::path> state, onnx;
  std::array<std::filesystem::path, 2> inputs;
  bool gradients = false;
  std::string variant, device, precision = "f32";
  int threads = 0;
  // Deadlines; past one the tree is killed and the outcome is timed_out.
  double start_limit_s = 300, load_limit_s = 600, step_limit_s = 600;
};
// `stop` (may be null) set to true ends blocked waits: the call in hand fails with outcome `failed`, message
// "interrupted".
[[nodiscard]] Launcher launch_runner(RunnerSpec spec, const std::atomic<bool>* stop = nullptr);

}  // namespace assay::measure
